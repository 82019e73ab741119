"""Shifts the wall clock of single processes, by their vDSO. Runs on a node, as root, with Python 3.9 or newer alone.

Programs do not ask the kernel for the time: they call clock_gettime, gettimeofday and time in the vDSO, a small ELF
image that the kernel maps into each process. This helper writes a payload into the image's slack (the bytes after its
last used one) and then a jump to it over the first bytes of each of these functions, through /proc/PID/mem. The page
is private to the process from then on, so that no other process sees the shift. The payload asks the kernel and adds

    delta(now) = offset + rate * (now - t0)

to CLOCK_REALTIME and CLOCK_REALTIME_COARSE; all other clocks stay true. Later changes write the variables only.

A thread that is stopped between two of the bytes that become the jump would resume in the middle of it and crash.
Code is therefore only changed while the process is stopped and no thread's program counter, nor the one that a signal
handler will return to, lies inside those bytes. Threads deeper in the old functions finish them undisturbed. Undoing
restores the jumped-over bytes and leaves the payload, which a thread may still be in.

Nothing is remembered on the node: this program's own vDSO is the pristine image that every other process's is
compared with, and the payload begins with a mark. Not reached: raw system calls, kernel timers, 32-bit processes.

Every command prints one line of JSON. Exit code 0: the line is the result, with an `error` for each process that could
not be treated because it has ended (`gone`); 3: the same, but some error is another one; 1: `{"error": sentence}`;
anything else is a defect.
"""
import argparse
import contextlib
import ctypes
import errno
import fcntl
import json
import os
import platform
import signal
import struct
import sys
import time

# The payload begins with its mark, the selector (a byte, padded to eight) and four blocks of 32 bytes: offset in ns,
# rate in 1/2^32, t0 in ns since the epoch, all signed 64-bit, and 8 unused bytes. The selector says which block holds.
# Changing one byte switches from one complete set of variables to another, so no reader sees half a change, and a
# strobe only ever writes the selector.
MARK = b"jepsenc1"
SELECTOR = 8
BLOCKS = 16
BLOCK_COUNT = 4
BLOCK_BYTES = 32
CODE = BLOCKS + BLOCK_COUNT * BLOCK_BYTES

# Listings: machine code, then the assembly that it is (llvm-mc syntax; a test assembles it again and compares).
X86_64 = """
clock_gettime:                  # edi: clock, rsi: struct timespec *; clobbers what a C function may clobber
  b8 e4 00 00 00              | mov eax, 228
  0f 05                       | syscall
  85 c0                       | test eax, eax
  75 55                       | jne done
  85 ff                       | test edi, edi
  74 05                       | je shift              # CLOCK_REALTIME
  83 ff 05                    | cmp edi, 5
  75 4c                       | jne done              # not CLOCK_REALTIME_COARSE
shift:
  48 69 0e 00 ca 9a 3b        | imul rcx, qword ptr [rsi], 1000000000
  48 03 4e 08                 | add rcx, qword ptr [rsi + 8]      # rcx = now
  0f b6 05 52 ff ff ff        | movzx eax, byte ptr [rip + selector]
  c1 e0 05                    | shl eax, 5
  4c 8d 05 50 ff ff ff        | lea r8, [rip + blocks]
  49 01 c0                    | add r8, rax
  48 89 c8                    | mov rax, rcx
  49 2b 40 10                 | sub rax, qword ptr [r8 + 16]      # now - t0
  49 f7 68 08                 | imul qword ptr [r8 + 8]           # rdx:rax, signed
  48 0f ac d0 20              | shrd rax, rdx, 32
  49 03 00                    | add rax, qword ptr [r8]
  31 d2                       | xor edx, edx
  48 01 c8                    | add rax, rcx
  48 0f 48 c2                 | cmovs rax, rdx        # no time before 1970
  b9 00 ca 9a 3b              | mov ecx, 1000000000
  48 f7 f1                    | div rcx               # carries and borrows between seconds and nanoseconds
  48 89 06                    | mov qword ptr [rsi], rax
  48 89 56 08                 | mov qword ptr [rsi + 8], rdx
  31 c0                       | xor eax, eax
done:
  c3                          | ret
gettimeofday:                   # rdi: struct timeval * or 0, rsi: struct timezone * or 0
  48 83 ec 18                 | sub rsp, 24
  49 89 f9                    | mov r9, rdi
  48 85 f6                    | test rsi, rsi
  74 09                       | je no_zone
  31 ff                       | xor edi, edi
  b8 60 00 00 00              | mov eax, 96
  0f 05                       | syscall               # the time zone alone
no_zone:
  4d 85 c9                    | test r9, r9
  74 24                       | je no_value
  31 ff                       | xor edi, edi
  48 89 e6                    | mov rsi, rsp
  e8 7b ff ff ff              | call clock_gettime
  48 8b 04 24                 | mov rax, qword ptr [rsp]
  49 89 01                    | mov qword ptr [r9], rax
  48 8b 44 24 08              | mov rax, qword ptr [rsp + 8]
  31 d2                       | xor edx, edx
  b9 e8 03 00 00              | mov ecx, 1000
  48 f7 f1                    | div rcx
  49 89 41 08                 | mov qword ptr [r9 + 8], rax
no_value:
  31 c0                       | xor eax, eax
  48 83 c4 18                 | add rsp, 24
  c3                          | ret
time:                           # rdi: time_t * or 0
  48 83 ec 18                 | sub rsp, 24
  49 89 f9                    | mov r9, rdi
  bf 05 00 00 00              | mov edi, 5
  48 89 e6                    | mov rsi, rsp
  e8 46 ff ff ff              | call clock_gettime
  48 8b 04 24                 | mov rax, qword ptr [rsp]
  4d 85 c9                    | test r9, r9
  74 03                       | je no_pointer
  49 89 01                    | mov qword ptr [r9], rax
no_pointer:
  48 83 c4 18                 | add rsp, 24
  c3                          | ret
"""

# Assembled and read, never run on such a machine: not claimed. There is no time() in this vDSO.
AARCH64 = """
clock_gettime:                  # w0: clock, x1: struct timespec *; x9 to x17 are the caller's to save
  e9 03 00 aa                 | mov x9, x0
  28 0e 80 d2                 | mov x8, #113
  01 00 00 d4                 | svc #0
  e0 02 00 35                 | cbnz w0, done
  69 00 00 34                 | cbz w9, shift         # CLOCK_REALTIME
  3f 15 00 71                 | cmp w9, #5
  81 02 00 54                 | b.ne done             # not CLOCK_REALTIME_COARSE
shift:
  2a 2c 40 a9                 | ldp x10, x11, [x1]
  0c 40 99 d2                 | mov x12, #0xca00
  4c 73 a7 f2                 | movk x12, #0x3b9a, lsl #16        # 1000000000
  4a 2d 0c 9b                 | madd x10, x10, x12, x11           # x10 = now
  6d fa ff 10                 | adr x13, selector
  ae 85 40 38                 | ldrb w14, [x13], #8               # x13 = blocks
  ad 15 0e 8b                 | add x13, x13, x14, lsl #5
  ae 3d 40 a9                 | ldp x14, x15, [x13]               # offset, rate
  b0 09 40 f9                 | ldr x16, [x13, #16]
  50 01 10 cb                 | sub x16, x10, x16     # now - t0
  11 7e 0f 9b                 | mul x17, x16, x15
  10 7e 4f 9b                 | smulh x16, x16, x15
  11 82 d1 93                 | extr x17, x16, x17, #32           # bits 32 to 95 of the product
  4a 01 0e 8b                 | add x10, x10, x14
  4a 01 11 ab                 | adds x10, x10, x17
  4a 51 9f 9a                 | csel x10, x10, xzr, pl            # no time before 1970
  4e 09 cc 9a                 | udiv x14, x10, x12
  cf a9 0c 9b                 | msub x15, x14, x12, x10
  2e 3c 00 a9                 | stp x14, x15, [x1]
done:
  c0 03 5f d6                 | ret
gettimeofday:                   # x0: struct timeval * or 0, x1: struct timezone * or 0
  fd 7b bd a9                 | stp x29, x30, [sp, #-48]!
  fd 03 00 91                 | mov x29, sp
  e0 0b 00 f9                 | str x0, [sp, #16]
  81 00 00 b4                 | cbz x1, no_zone
  00 00 80 d2                 | mov x0, #0
  28 15 80 d2                 | mov x8, #169
  01 00 00 d4                 | svc #0                # the time zone alone
no_zone:
  e0 0b 40 f9                 | ldr x0, [sp, #16]
  20 01 00 b4                 | cbz x0, no_value
  00 00 80 d2                 | mov x0, #0
  e1 83 00 91                 | add x1, sp, #32
  da ff ff 97                 | bl clock_gettime
  e0 0b 40 f9                 | ldr x0, [sp, #16]
  ea 2f 42 a9                 | ldp x10, x11, [sp, #32]
  0c 7d 80 d2                 | mov x12, #1000
  6b 09 cc 9a                 | udiv x11, x11, x12
  0a 2c 00 a9                 | stp x10, x11, [x0]
no_value:
  00 00 80 d2                 | mov x0, #0
  fd 7b c3 a8                 | ldp x29, x30, [sp], #48
  c0 03 5f d6                 | ret
"""


def jump_x86_64(distance):
    """jmp rel32, counted from the end of the instruction."""
    return b"\xe9" + struct.pack("<i", distance - 5)


def jump_aarch64(distance):
    """b imm26, counted in instructions from this one."""
    return struct.pack("<I", 0x14000000 | (distance >> 2 & 0x3FFFFFF))


# By machine: ELF number, listing, jump, its length, and the landing pad that a function may begin with (endbr64,
# bti c), which must stay the first instruction, because calls through pointers end there.
MACHINES = {
    "x86_64": (62, X86_64, jump_x86_64, 5, bytes.fromhex("f30f1efa")),
    "aarch64": (183, AARCH64, jump_aarch64, 4, bytes.fromhex("5f2403d5")),
}
FUNCTIONS = ("clock_gettime", "gettimeofday", "time")
PREFIXES = ("", "__vdso_", "__kernel_")
OFFSET_NS_MAX = 100 * 86400 * 10**9
RATE_PPM_MAX = 500_000
STOP_SECONDS = 2
TRIES = 60
STACK_BYTES = 16384


class Refusal(Exception):
    """Something cannot be done; the message says what and why in one sentence."""


class Gone(Refusal):
    """The process ended."""


def assemble(listing):
    """The code of a listing, and where its labels are."""
    code, labels = b"", {}
    for line in listing.strip().splitlines():
        if line.startswith(" "):
            code += bytes.fromhex(line.partition("|")[0])
        else:
            labels[line.partition(":")[0]] = CODE + len(code)
    return code, labels


class Plan:
    """What is to be written where, worked out from a pristine vDSO image of this kernel."""

    def __init__(self, image):
        machine = platform.machine()
        if machine not in MACHINES:
            raise Refusal(f"There is no clock payload for {machine} processors.")
        number, listing, self.jump, self.jump_bytes, self.pad = MACHINES[machine]
        if image[:5] != b"\x7fELF\x02" or struct.unpack_from("<H", image, 18)[0] != number:
            raise Refusal("This python3 is not a 64-bit program of this machine.")
        code, labels = assemble(listing)
        self.image = image
        self.payload = MARK + bytes(CODE - len(MARK)) + code
        self.symbols, load_end = self.parse()
        self.room, self.room_kind = self.find_room(load_end)
        # Entry points: offset of the bytes to be replaced -> (function, jump). Aliases share an address.
        self.entries = {}
        for name, offset, size in self.symbols:
            function = next((f for f in FUNCTIONS for p in PREFIXES if name == p + f), None)
            if function is None or function not in labels:
                continue
            at = offset + (len(self.pad) if image[offset : offset + len(self.pad)] == self.pad else 0)
            if at + self.jump_bytes > offset + size:
                raise Refusal(f"The vDSO's {name} is too short for a jump.")
            self.entries[at] = (function, self.jump(self.room + labels[function] - at))
        if not any(function == "clock_gettime" for function, _ in self.entries.values()):
            raise Refusal("This kernel's vDSO has no clock_gettime.")

    def parse(self):
        """Dynamic symbols as (name, offset, size), and the end of what programs need of the image."""
        (headers,), (step, count) = struct.unpack_from("<Q", self.image, 32), struct.unpack_from("<HH", self.image, 54)
        load_end, dynamic = 0, {}
        for at in range(headers, headers + count * step, step):
            kind, _, offset, _, _, size, memory, _ = struct.unpack_from("<IIQQQQQQ", self.image, at)
            if kind == 1:
                load_end = max(load_end, offset + memory)
            if kind == 2:
                dynamic = dict(struct.iter_unpack("<qQ", self.image[offset : offset + size]))
        strings, table = dynamic.get(5, 0), dynamic.get(6, 0)
        if not 0 < table < strings < len(self.image):
            raise Refusal("This kernel's vDSO has no symbol table where one is expected.")
        symbols = []
        for at in range(table, strings - 23, 24):  # the strings follow the symbols
            name, _, _, _, value, size = struct.unpack_from("<IBBHQQ", self.image, at)
            text = self.image[strings + name : self.image.index(b"\0", strings + name)].decode("ascii", "replace")
            if text and 0 < value < len(self.image):
                symbols.append((text, value, size))
        return symbols, load_end

    def find_room(self, load_end):
        """The slack; or, where that is too small, the section headers, which only debuggers read."""
        (sections,), (step, count) = struct.unpack_from("<Q", self.image, 40), struct.unpack_from("<HH", self.image, 58)
        used = max(len(self.image.rstrip(b"\0")), sections + step * count, load_end)
        for kind, start in (("slack", used), ("section headers", load_end)):
            start = (start + 15) & ~15
            if start + len(self.payload) <= len(self.image):
                return start, kind
        raise Refusal(f"The vDSO of this kernel has no room for the {len(self.payload)} bytes of the payload.")


def vdso_mapping(pid):
    """Start and length of a process's vDSO, or None for one without (kernel threads, zombies)."""
    try:
        with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
            for line in maps:
                if line.endswith("[vdso]\n"):
                    start, end = (int(word, 16) for word in line.split(None, 1)[0].split("-"))
                    return start, end - start
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


@contextlib.contextmanager
def explained(pid):
    """Turns the errors of /proc into sentences."""
    try:
        yield
    except OSError as e:
        if e.errno in (errno.ENOENT, errno.ESRCH):
            raise Gone(f"Process {pid} has ended.") from e
        if e.errno in (errno.EPERM, errno.EACCES):
            raise Refusal(f"Not allowed to change process {pid}: clock faults need root with CAP_SYS_PTRACE.") from e
        if e.errno in (errno.EIO, errno.EFAULT):
            if vdso_mapping(pid) is None:
                raise Gone(f"Process {pid} has ended.") from e
            how = "boot it with proc_mem.force_override=always"
            raise Refusal(f"The kernel refuses to write into the code of process {pid}: {how}.") from e
        raise


class Target:
    """One process whose vDSO is looked at and changed."""

    def __init__(self, plan, pid):
        self.plan, self.pid = plan, pid
        with explained(pid):
            mapping = vdso_mapping(pid)
            if mapping is None:
                raise Gone(f"Process {pid} has ended, or has no vDSO.")
            self.base, length = mapping
            self.memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        if length != len(plan.image):
            self.close()
            raise Refusal(f"Process {pid} has a different vDSO than this program: it may be a 32-bit one.")

    def close(self):
        os.close(self.memory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, offset, length):
        with explained(self.pid):
            data = os.pread(self.memory, length, self.base + offset)
        if len(data) != length:  # the memory of a process that has ended reads as nothing
            raise Gone(f"Process {self.pid} has ended.")
        return data

    def write(self, offset, data):
        with explained(self.pid):
            if os.pwrite(self.memory, data, self.base + offset) != len(data):
                raise OSError(errno.EIO, "short write")

    def is_marked(self):
        return self.read(self.plan.room, len(MARK)) == MARK

    def look(self):
        """What the process has now: jumps, foreign changes, and the shift in force."""
        plan, image = self.plan, self.read(0, len(self.plan.image))
        jumps, expected = [], bytearray(plan.image)
        for at, (function, jump) in plan.entries.items():
            if image[at : at + len(jump)] == jump:
                jumps.append(function)
                expected[at : at + len(jump)] = jump
        room = slice(plan.room, plan.room + len(plan.payload))
        marked = image[room][: len(MARK)] == MARK
        expected[room] = image[room] if marked else plan.image[room]
        code = slice(plan.room + CODE, room.stop)
        return {
            "pid": self.pid,
            "paused": is_stopped(self.pid),
            "jumps": jumps,
            "jumpsExpected": len(plan.entries),
            "payload": marked and image[code] == plan.payload[CODE:],
            # Every byte but our own is the kernel's; with no jumps left this is the proof that nothing of ours acts.
            "foreign": bytes(expected) != image,
            **(self.shift() if marked and jumps else {"offsetNs": 0, "ratePpm": 0, "t0Ns": "0", "deltaNs": 0}),
        }

    def shift(self):
        offset, rate, t0 = struct.unpack("<qqq", self.block(self.selected()))
        delta = offset + ((time.time_ns() - t0) * rate >> 32)
        return {"offsetNs": offset, "ratePpm": rate * 1e6 / 2**32, "t0Ns": str(t0), "deltaNs": delta}

    def selected(self):
        return self.read(self.plan.room + SELECTOR, 1)[0]

    def block(self, index):
        return self.read(self.plan.room + BLOCKS + index * BLOCK_BYTES, 24)

    def select(self, index):
        self.write(self.plan.room + SELECTOR, bytes([index]))

    def prepare(self, block):
        """Writes a block that does not hold now and returns its index. Only a thread that sleeps between the payload's
        three reads of a block through BLOCK_COUNT changes would see a mixture, once."""
        index = (self.selected() + 1) % BLOCK_COUNT
        self.write(self.plan.room + BLOCKS + index * BLOCK_BYTES, block)
        return index

    def install(self):
        """Puts the payload and the jumps in place where they are not; says how long the process was stopped."""
        seen = self.look()
        if seen["foreign"] or (self.is_marked() and not seen["payload"]):
            raise Refusal(f"Something else has changed the vDSO of process {self.pid}: restart that process first.")
        if not self.is_marked():
            self.write(self.plan.room, self.plan.payload)
        if len(seen["jumps"]) == len(self.plan.entries):
            return 0.0
        return self.write_code([(at, jump) for at, (_, jump) in self.plan.entries.items()])

    def install_neutral(self):
        """The same, with a payload that adds nothing: the functions must change over together, by the selector."""
        if self.is_marked():
            self.select(self.prepare(bytes(24)))
        return self.install()

    def apply(self, block):
        stopped_ms = self.install() if self.look()["jumps"] else self.install_neutral()
        self.select(self.prepare(block))
        return stopped_ms

    def reset(self):
        """Takes the shift away, then the jumps. The payload stays."""
        if not self.is_marked():
            return 0.0
        self.select(self.prepare(bytes(24)))
        size = self.plan.jump_bytes
        changes = [(at, self.plan.image[at : at + size]) for at in self.plan.entries]
        changes = [(at, pristine) for at, pristine in changes if self.read(at, size) != pristine]
        return self.write_code(changes) if changes else 0.0

    def write_code(self, changes):
        """Writes over instructions while the process is stopped and no thread is inside them. Returns milliseconds."""
        for attempt in range(TRIES):
            with stopped(self.pid) as since:
                if self.nobody_inside([at for at, _ in changes]):
                    for at, data in changes:
                        self.write(at, data)
                    return (time.monotonic() - since) * 1e3
            time.sleep(0.0005 * (attempt + 1))  # a different pause each time: no beat with the program's own rhythm
        raise Refusal(f"Some thread of process {self.pid} was inside the bytes to be changed at each of {TRIES} looks.")

    def nobody_inside(self, entries):
        """Whether no thread is, or will be after a signal handler, at one of the instructions to be replaced."""
        inside = {self.base + at + k for at in entries for k in range(self.plan.jump_bytes)}
        # A signal handler returns to a program counter that lies on its stack. The first byte is left out here: a
        # pointer to the function is the same number, and resuming there means to begin with the new instruction.
        returns = inside - {self.base + at for at in entries}
        for task in tasks(self.pid):
            where = position(self.pid, task)
            if where is None:
                continue
            stack_pointer, counter = where
            if counter in inside:
                return False
            # A signal handler returns to a program counter that lies on its stack.
            with contextlib.suppress(OSError):
                stack = os.pread(self.memory, STACK_BYTES, stack_pointer & ~7)
                if not returns.isdisjoint(memoryview(stack[: len(stack) & ~7]).cast("Q")):
                    return False
        return True


def tasks(pid):
    with explained(pid):
        return os.listdir(f"/proc/{pid}/task")


def state_of(pid, task):
    """A thread's state letter; X when it is gone."""
    try:
        with open(f"/proc/{pid}/task/{task}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0].decode()
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def position(pid, task):
    """Stack pointer and program counter of a stopped thread; None for one that has ended."""
    try:
        with open(f"/proc/{pid}/task/{task}/syscall", encoding="ascii") as file:
            words = file.read().split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if not words or words == ["running"]:
        if state_of(pid, task) in "ZX":
            return None
        raise Refusal(f"Thread {task} of process {pid} runs although it was stopped.")
    return int(words[-2], 16), int(words[-1], 16)


def is_stopped(pid):
    """Once one thread has stopped for a signal, no other can return to its program: one in a disk wait (D) is as good
    as stopped. Threads may appear while the list is read, so it must be read twice alike."""
    before, states = tasks(pid), set()
    for task in before:
        state = state_of(pid, task)
        if state not in "TDZX":
            return False
        states.add(state)
    return "T" in states and set(tasks(pid)) == set(before)


def stop_is_pending(pid):
    """Whether somebody else has sent SIGSTOP to a process that is stopped already."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("ShdPnd:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGSTOP - 1) & 1)
    return False


@contextlib.contextmanager
def stopped(pid):
    """A process that stands still. One that was paused before, or is being paused by somebody else, stays so.
    Signals that would end this program wait meanwhile: nobody else would let the process go on."""
    deadly = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE}
    held = signal.pthread_sigmask(signal.SIG_BLOCK, deadly)
    try:
        with explained(pid):
            since, paused_before = time.monotonic(), is_stopped(pid)
            try:
                if not paused_before:
                    os.kill(pid, signal.SIGSTOP)
                while not is_stopped(pid):
                    if all(state_of(pid, task) in "ZX" for task in tasks(pid)):
                        raise Gone(f"Process {pid} has ended.")
                    if time.monotonic() - since > STOP_SECONDS:
                        raise Refusal(f"Process {pid} did not stop within {STOP_SECONDS} s of SIGSTOP.")
                    time.sleep(0.0002)
                yield since
            finally:
                if not paused_before and not stop_is_pending(pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGCONT)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


@contextlib.contextmanager
def alone():
    """One helper at a time on this node: the lock is on the pid namespace itself, so no file is left behind."""
    lock = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def each(plan, pids, work):
    """One result a process; what goes wrong with one does not keep the others from being treated."""
    results = []
    for pid in pids:
        try:
            with alone(), Target(plan, pid) as target:
                stopped_ms = work(target)
                results.append({**target.look(), "stoppedMs": round(stopped_ms, 3)})
        except Refusal as e:
            results.append({"pid": pid, "error": str(e), "gone": isinstance(e, Gone)})
    return results


def neighbours(plan):
    """Processes of this pid namespace that carry our mark: children of shifted processes inherit the shift."""
    own, found = os.readlink("/proc/self/ns/pid"), []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, Refusal):
            if int(name) != os.getpid() and os.readlink(f"/proc/{name}/ns/pid") == own:
                with Target(plan, int(name)) as target:
                    if target.is_marked():
                        found.append(int(name))
    return found


class Strobed:
    """One process of a strobe: the shift in force (side 0) and that plus delta (side 1) are two blocks."""

    def __init__(self, plan, pid, delta_ns):
        self.result = {"pid": pid, "switches": 0, "confirmed": 0}
        self.target, self.side = None, 0
        with self.reporting(), alone():
            self.target = Target(plan, pid)
            if not self.target.look()["jumps"]:
                self.target.install_neutral()
            offset, rate, t0 = struct.unpack("<qqq", self.target.block(self.target.selected()))
            on = self.target.prepare(struct.pack("<qqq", offset + delta_ns, rate, t0))
            self.sides = (self.target.selected(), on)

    @contextlib.contextmanager
    def reporting(self):
        try:
            yield
        except Refusal as e:
            self.result["error"], self.result["gone"] = str(e), isinstance(e, Gone)

    def switch(self, side):
        if "error" in self.result or side == self.side:
            return
        with self.reporting(), alone():
            if self.target.selected() != self.sides[self.side]:
                raise Refusal(f"Something else changed the clock of process {self.target.pid} meanwhile.")
            self.target.select(self.sides[side])
            self.side = side
            self.result["switches"] += 1
            self.result["confirmed"] += self.target.selected() == self.sides[side]

    def finish(self):
        """Back to the shift that was in force, with a last look."""
        self.switch(0)
        if self.target is not None:
            with self.reporting(), alone():
                self.result.update(self.target.look())
            self.target.close()
        return self.result


def strobe(plan, pids, delta_ns, period_ms, duration_ms):
    """Switches between the shift in force and that plus delta, every period. Ends early on a signal, and for a process
    that ends or whose variables something else (a reset) has changed."""
    ending = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.append(True))
    strobed = [Strobed(plan, pid, delta_ns) for pid in pids]
    start, late_s, step = time.monotonic(), 0.0, 0
    end = start + duration_ms / 1e3
    while not ending and any("error" not in one.result for one in strobed):
        due = start + step * period_ms / 1e3
        if due > end:
            time.sleep(max(0.0, end - time.monotonic()))
            break
        time.sleep(max(0.0, due - time.monotonic()))
        late_s = max(late_s, time.monotonic() - due)
        for one in strobed:
            one.switch(1 - step % 2)
        # Switches that were missed because this program had to wait are left out, not made up for.
        step = max(step + 1, int((time.monotonic() - start) * 1e3 / period_ms) + 1)
    results = [one.finish() for one in strobed]
    took_s = time.monotonic() - start
    return {"processes": results, "tookMs": round(took_s * 1e3, 1), "lateMsMax": round(late_s * 1e3, 3)}


def libc_clocks():
    """gettimeofday and time of the C library, where Python can call it."""
    try:
        library = ctypes.CDLL(None)
        library.time.restype, library.time.argtypes = ctypes.c_long, [ctypes.c_void_p]

        def gettimeofday():
            pair = (ctypes.c_long * 2)()
            library.gettimeofday(pair, None)
            return pair[0] + pair[1] / 1e6

        return {"gettimeofday": gettimeofday, "time": lambda: library.time(None)}
    except (OSError, AttributeError):
        return {}


def readings():
    """Every clock that the payload may touch, and the monotonic one that it must not."""
    clocks = {
        "realtime": lambda: time.clock_gettime(time.CLOCK_REALTIME),
        "realtimeCoarse": lambda: time.clock_gettime(getattr(time, "CLOCK_REALTIME_COARSE", 5)),
        "monotonic": lambda: time.clock_gettime(time.CLOCK_MONOTONIC),
        **libc_clocks(),
    }
    return {name: clock() for name, clock in clocks.items()}


@contextlib.contextmanager
def volunteer():
    """A child of this program on which the method is tried before a database is touched. It tells its clocks on demand
    and ends when this program does."""
    ask, asked = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ask[1])
        os.close(asked[0])
        while os.read(ask[0], 1):
            os.write(asked[1], (json.dumps(readings()) + "\n").encode())
        os._exit(0)
    os.close(ask[0])
    os.close(asked[1])

    def tell():
        os.write(ask[1], b"?")
        told = b""
        while not told.endswith(b"\n"):
            chunk = os.read(asked[0], 4096)
            if not chunk:
                raise Refusal("The process on which the clock fault was tried has crashed: it does not work here.")
            told += chunk
        own = readings()
        return {name: value - own[name] for name, value in json.loads(told).items()}

    try:
        yield pid, tell
    finally:
        os.close(ask[1])
        os.close(asked[0])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def verify(plan):
    """Shifts the clock of a child of this program there and back, and compares all its clocks with this program's."""
    shifts = {"plus": 3_600_250_000_000, "minus": -3_600_750_000_000, "zero": 0}
    seen = {}
    with volunteer() as (pid, tell), Target(plan, pid) as target:
        seen["before"] = tell()
        for name, shift in shifts.items():
            target.apply(struct.pack("<qqq", shift, 0, 0))
            seen[name] = tell()
        target.reset()
        seen["after"] = tell()
        clean = not target.look()["jumps"] and not target.look()["foreign"]
    for name, clocks in seen.items():
        for clock, offset in clocks.items():
            expected = 0 if clock == "monotonic" else shifts.get(name, 0) / 1e9
            if abs(offset - expected) > 1.5:  # time() counts whole seconds; the machine may be busy
                seen_and_asked = f"off by {offset:.3f} s instead of {expected:.3f} s"
                raise Refusal(f"The clock fault does not work here: {clock} of a trial process was {seen_and_asked}.")
    if not clean:
        raise Refusal("The clock fault cannot be undone here: a trial process kept changed bytes.")
    return {"verified": sorted(seen["before"]), "offsets": seen}


def machine_facts():
    """Which kernel this is, and its own clock: this program's vDSO is never shifted."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip()
    return {"bootId": boot_id, "realtimeNs": str(time.time_ns())}


def probe(plan):
    room = {"kind": plan.room_kind, "offset": plan.room, "bytes": len(plan.image) - plan.room}
    with volunteer() as (pid, _), Target(plan, pid) as target:
        target.write(plan.room, plan.payload)  # nothing jumps there
    return {
        "arch": platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "functions": sorted({function for function, _ in plan.entries.values()}),
        "symbols": [{"name": name, "offset": offset, "size": size} for name, offset, size in plan.symbols],
        "vdsoBytes": len(plan.image),
        "room": {**room, "needed": len(plan.payload)},
    }


def within(low, high, kind):
    def parse(text):
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    return parse


def arguments(argv):
    parser = argparse.ArgumentParser(prog="vdso-helper")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("probe")
    commands.add_parser("verify")
    pids = {"type": within(1, 2**22, int), "action": "append", "default": []}
    for name in ("apply", "read", "reset", "strobe"):
        command = commands.add_parser(name)
        command.add_argument("--pid", **pids)
        if name == "apply":
            command.add_argument("--offset-ns", type=within(-OFFSET_NS_MAX, OFFSET_NS_MAX, int), required=True)
            command.add_argument("--rate-ppm", type=within(-RATE_PPM_MAX, RATE_PPM_MAX, float), default=0.0)
            command.add_argument("--t0-ns", type=within(0, 2**63 - 1, int), default=0)
        if name == "reset":
            command.add_argument("--all", action="store_true", help="every shifted process of this pid namespace")
        if name == "strobe":
            command.add_argument("--delta-ns", type=within(-OFFSET_NS_MAX, OFFSET_NS_MAX, int), required=True)
            command.add_argument("--period-ms", type=within(1, 60_000, float), required=True)
            command.add_argument("--duration-ms", type=within(0, 60_000, float), required=True)
    return parser.parse_args(argv)


def run(options):
    base, length = vdso_mapping("self") or (0, 0)
    if length == 0:
        raise Refusal("This kernel gives processes no vDSO, so that programs ask it for the time directly.")
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        plan = Plan(os.pread(memory.fileno(), length, base))
    if options.command == "probe":
        return probe(plan)
    if options.command == "verify":
        return verify(plan)
    if options.command == "strobe":
        return strobe(plan, options.pid, options.delta_ns, options.period_ms, options.duration_ms)
    if options.command == "apply":
        t0 = options.t0_ns or time.time_ns()
        block = struct.pack("<qqq", options.offset_ns, round(options.rate_ppm * 2**32 / 1e6), t0)
        return {"processes": each(plan, options.pid, lambda target: target.apply(block))}
    if options.command == "read":
        return {"processes": each(plan, options.pid, lambda target: 0.0)}
    return {"processes": each(plan, neighbours(plan) if options.all else options.pid, lambda target: target.reset())}


def main():
    options = arguments(sys.argv[1:])
    try:
        result = {**run(options), **machine_facts()}
    except Refusal as e:
        print(json.dumps({"error": str(e)}))
        return 1
    print(json.dumps(result))
    return 3 if any("error" in one and not one["gone"] for one in result.get("processes", [])) else 0


if __name__ == "__main__":
    sys.exit(main())
