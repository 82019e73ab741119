"""kernel-helper.py on a kernel that is not one: fake_kernel.py HELPER. The real clock is not touched.

Each line of stdin is a JSON list of arguments, and is answered with the helper's line and one about the kernel. After
"--meanwhile" somebody else sets the clock when the helper has slept three times.
"""
import importlib.util
import json
import sys
import time
import types

spec = importlib.util.spec_from_file_location("helper", sys.argv[1])
helper = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helper)


class Kernel:
    """A clock with a pace. Its raw clock is the machine's own, 20 ppm slow, which the kernel corrects."""

    def __init__(self):
        self.pace = {"tick": 10_000, "freq": 20 * 65_536}
        self.set_at, self.value = helper.raw_ns(), 1_700_000_000 * 10**9

    def realtime(self):
        elapsed = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) - self.set_at
        return self.value + elapsed + round(elapsed * helper.pace_ppm(self.pace) / 1e6)

    def set(self, value):
        self.value, self.set_at = value, time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)

    def adjtimex(self, **changes):
        if changes:
            self.set(self.realtime())
            self.pace = dict(changes)
        return dict(self.pace)


kernel = Kernel()
sleeps = []


def sleep(seconds):
    time.sleep(seconds)
    sleeps.append(seconds)
    if len(sleeps) == meddle_after:
        kernel.set(kernel.realtime() + 10**9)


helper.time = types.SimpleNamespace(
    **{name: getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_MONOTONIC_RAW", "monotonic")},
    sleep=sleep,
    clock_gettime_ns=lambda clock: kernel.realtime() if clock == time.CLOCK_REALTIME else time.clock_gettime_ns(clock),
    clock_settime_ns=lambda clock, value: kernel.set(value),
)
helper.adjtimex = kernel.adjtimex
running = {"chronyd"}
helper.active_services = lambda: sorted(running)
helper.systemctl = lambda verb, names: [running.discard(n) if verb == "stop" else running.add(n) for n in names]
for line in sys.stdin:
    command = json.loads(line)
    sleeps.clear()
    meddle_after = 3 if "--meanwhile" in command else -1
    sys.argv[1:] = [word for word in command if word != "--meanwhile"]
    helper.main()
    print(json.dumps({"services": sorted(running), "pace": kernel.pace}), flush=True)
