"""Shifts the wall clock of a whole machine that has a kernel of its own. Runs on a node, as root, with Python 3.9 or
newer alone.

Never for containers: their kernel's clock is everybody's. The true time is reckoned from a baseline, taken before the
first shift and kept by the caller: the wall clock then, CLOCK_MONOTONIC_RAW then (nothing steps or slews it), and the
kernel's frequency correction, which turns the raw clock's pace into the true one. The shift in force is

    delta(now) = offset + rate * (now - t0)

where the rate is left to the kernel (adjtimex: tick and frequency). A rate moves CLOCK_MONOTONIC as well, as a bad
crystal does. Services that discipline the clock are stopped with the first shift and started again by `reset`.

Every command prints one line of JSON. Exit code 0: the result; 1: `{"error": sentence}`; anything else is a defect.
"""
import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

OFFSET_NS_MAX = 100 * 86400 * 10**9
# USER_HZ is 100 on every Linux: a tick is 10 000 µs, and one more or less is 100 ppm. The kernel takes ten per cent.
TICK = 10_000
PPM_PER_TICK = 100
RATE_PPM_MAX = 90_000
FREQUENCY_UNIT = 65_536  # a ppm in adjtimex's freq
ADJ_FREQUENCY = 0x2
ADJ_TICK = 0x4000
CAP_SYS_TIME = 25
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# A strobe that finds the clock further than this from where it left it has been overtaken by a reset.
OVERTAKEN_NS = 2_000_000
SERVICES = ("systemd-timesyncd", "chronyd", "chrony", "ntpd", "ntp", "ntpsec", "openntpd")


class Refusal(Exception):
    """Something cannot be done; the message says what and why in one sentence."""


class Timex(ctypes.Structure):
    """struct timex of 64-bit Linux."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "seconds", "microseconds", "tick")),
        ("rest", ctypes.c_long * 14),
    ]


def adjtimex(**changes):
    """Reads the kernel's pace; with `tick` and `freq`, sets it first."""
    timex = Timex(modes=ADJ_TICK | ADJ_FREQUENCY if changes else 0, **changes)
    library = ctypes.CDLL(None, use_errno=True)
    if library.adjtimex(ctypes.byref(timex)) < 0:
        raise Refusal(f"The kernel does not let its clock's rate be changed: {os.strerror(ctypes.get_errno())}.")
    return {"tick": timex.tick, "freq": timex.freq}


def pace_ppm(pace):
    return (pace["tick"] - TICK) * PPM_PER_TICK + pace["freq"] / FREQUENCY_UNIT


def raw_ns():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


class Baseline:
    """The node's true time, whatever its wall clock says."""

    def __init__(self, text):
        facts = json.loads(text)
        self.realtime_ns, self.raw_ns = int(facts["realtimeNs"]), int(facts["rawNs"])
        self.pace, self.services = facts["pace"], facts["services"]

    def true_ns(self):
        elapsed = raw_ns() - self.raw_ns
        return self.realtime_ns + elapsed + round(elapsed * pace_ppm(self.pace) / 1e6)

    def delta_ns(self):
        return time.clock_gettime_ns(time.CLOCK_REALTIME) - self.true_ns()

    def set_delta(self, delta_ns):
        try:
            time.clock_settime_ns(time.CLOCK_REALTIME, self.true_ns() + delta_ns)
        except PermissionError as e:
            raise Refusal("This node's clock cannot be set: that needs root with CAP_SYS_TIME.") from e

    def set_rate(self, rate_ppm):
        """The rate is added to the kernel's own correction; ticks take the whole hundreds."""
        ticks = round(rate_ppm / PPM_PER_TICK)
        freq = self.pace["freq"] + round((rate_ppm - ticks * PPM_PER_TICK) * FREQUENCY_UNIT)
        adjtimex(tick=self.pace["tick"] + ticks, freq=freq)

    def look(self):
        return {
            "deltaNs": self.delta_ns(),
            "ratePpm": pace_ppm(adjtimex()) - pace_ppm(self.pace),
            "trueNs": str(self.true_ns()),
        }


def active_services():
    """Services of this node that would correct its clock."""
    if shutil.which("systemctl") is None:
        return []
    found = []
    for name in SERVICES:
        done = subprocess.run(["systemctl", "is-active", "--quiet", name], timeout=10, capture_output=True)
        if done.returncode == 0:
            found.append(name)
    return found


def systemctl(verb, names):
    for name in names:
        done = subprocess.run(["systemctl", verb, name], timeout=60, capture_output=True, text=True)
        if done.returncode != 0:
            raise Refusal(f"`systemctl {verb} {name}` failed: {done.stderr.strip()}")


@contextlib.contextmanager
def alone():
    """One helper at a time on this node: the lock is on the pid namespace itself, so no file is left behind."""
    lock = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def effective_capabilities():
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        return next((int(line.split()[1], 16) for line in status if line.startswith("CapEff:")), 0)


def probe():
    """What tells kernels apart. A container manager may give each container a boot_id of its own by a mount."""
    with open(BOOT_ID, encoding="ascii") as file:
        boot_id = file.read().strip()
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        masked = any(line.split()[4] == BOOT_ID for line in mounts)
    realtime_ns, raw = time.clock_gettime_ns(time.CLOCK_REALTIME), raw_ns()
    baseline = {"realtimeNs": str(realtime_ns), "rawNs": str(raw), "pace": adjtimex(), "services": active_services()}
    return {
        "bootId": boot_id,
        "bootIdMasked": masked,
        "canSetClock": bool(effective_capabilities() >> CAP_SYS_TIME & 1),
        "realtimeNs": str(realtime_ns),
        "baseline": json.dumps(baseline),
    }


def apply(baseline, offset_ns, rate_ppm, t0_ns):
    with alone():
        systemctl("stop", [name for name in active_services() if name in baseline.services])
        baseline.set_rate(rate_ppm)
        baseline.set_delta(offset_ns + round((baseline.true_ns() - t0_ns) * rate_ppm / 1e6))
        return baseline.look()


def reset(baseline):
    with alone():
        adjtimex(**baseline.pace)
        baseline.set_delta(0)
        seen = baseline.look()
    systemctl("start", [name for name in baseline.services if name not in active_services()])
    return seen


def strobe(baseline, delta_ns, period_ms, duration_ms):
    """Switches between the shift in force and that plus delta, every period. Ends early on a signal, and when something
    else (a reset) has changed the clock."""
    ending = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.append(True))
    base, rate_ppm, since = baseline.delta_ns(), pace_ppm(adjtimex()) - pace_ppm(baseline.pace), baseline.true_ns()
    result = {"switches": 0, "confirmed": 0}
    side, step, late_s = 0, 0, 0.0
    start = time.monotonic()
    end = start + duration_ms / 1e3

    def expected(on):
        return base + round((baseline.true_ns() - since) * rate_ppm / 1e6) + on * delta_ns

    def switch(on):
        nonlocal side
        if on == side:
            return
        with alone():
            if abs(baseline.delta_ns() - expected(side)) > OVERTAKEN_NS:
                raise Refusal("Something else changed the node's clock meanwhile.")
            baseline.set_delta(expected(on))
            side = on
            result["switches"] += 1
            result["confirmed"] += abs(baseline.delta_ns() - expected(on)) <= OVERTAKEN_NS

    try:
        while not ending:
            due = start + step * period_ms / 1e3
            if due > end:
                time.sleep(max(0.0, end - time.monotonic()))
                break
            time.sleep(max(0.0, due - time.monotonic()))
            late_s = max(late_s, time.monotonic() - due)
            switch(1 - step % 2)
            step = max(step + 1, int((time.monotonic() - start) * 1e3 / period_ms) + 1)
        switch(0)
    except Refusal as e:
        result["error"] = str(e)
    took_ms = round((time.monotonic() - start) * 1e3, 1)
    return {**result, **baseline.look(), "tookMs": took_ms, "lateMsMax": round(late_s * 1e3, 3)}


def within(low, high, kind):
    def parse(text):
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    return parse


def arguments(argv):
    parser = argparse.ArgumentParser(prog="kernel-helper")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("probe")
    for name in ("apply", "read", "reset", "strobe"):
        command = commands.add_parser(name)
        command.add_argument("--baseline", type=Baseline, required=True, help="what probe printed")
        if name == "apply":
            command.add_argument("--offset-ns", type=within(-OFFSET_NS_MAX, OFFSET_NS_MAX, int), required=True)
            command.add_argument("--rate-ppm", type=within(-RATE_PPM_MAX, RATE_PPM_MAX, float), default=0.0)
            command.add_argument("--t0-ns", type=within(0, 2**63 - 1, int), required=True)
        if name == "strobe":
            command.add_argument("--delta-ns", type=within(-OFFSET_NS_MAX, OFFSET_NS_MAX, int), required=True)
            command.add_argument("--period-ms", type=within(1, 60_000, float), required=True)
            command.add_argument("--duration-ms", type=within(0, 60_000, float), required=True)
    return parser.parse_args(argv)


def run(options):
    if options.command == "probe":
        return probe()
    if options.command == "read":
        return options.baseline.look()
    if options.command == "reset":
        return reset(options.baseline)
    if options.command == "apply":
        return apply(options.baseline, options.offset_ns, options.rate_ppm, options.t0_ns)
    return strobe(options.baseline, options.delta_ns, options.period_ms, options.duration_ms)


def main():
    try:
        print(json.dumps(run(arguments(sys.argv[1:]))))
    except (Refusal, subprocess.TimeoutExpired) as e:
        print(json.dumps({"error": str(e)}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
