"""Whether the helper looks before it changes code: danger.py HELPER PID. Says how often it looked in each case."""
import importlib.util
import json
import os
import struct
import sys

spec = importlib.util.spec_from_file_location("helper", sys.argv[1])
helper = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helper)
pid = int(sys.argv[2])
base, length = helper.vdso_mapping("self")
with open("/proc/self/mem", "rb", buffering=0) as memory:
    plan = helper.Plan(os.pread(memory.fileno(), length, base))
entry = next(at for at, (function, _) in plan.entries.items() if function == "gettimeofday")
true_position, result = helper.position, {}


def attempt(name, place):
    """Applies a shift while the first thread seems to be where `place` says, given the number of the look."""
    looks = []

    def position(of, task):
        real = true_position(of, task)
        if int(task) != of:
            return real
        looks.append(task)
        return place(len(looks), real)

    helper.position = position
    with helper.Target(plan, pid) as target:
        try:
            target.apply(struct.pack("<qqq", 10**9, 0, 0))
            result[name] = {"looks": len(looks), "jumps": len(target.look()["jumps"])}
        except helper.Refusal as refusal:
            result[name] = {"looks": len(looks), "jumps": len(target.look()["jumps"]), "refusal": str(refusal)}
        helper.position = true_position
        target.reset()


with helper.Target(plan, pid) as target:
    target.apply(bytes(24))
    target.reset()
    start = target.base
    # A stack with a signal handler's return address inside the bytes to be changed: any memory that holds the number,
    # here the unused end of a block.
    word = plan.room + helper.BLOCKS + 24
    target.write(word, struct.pack("<Q", start + entry + 2))
    attempt("counterInsideThrice", lambda n, real: (real[0], start + entry + 1) if n <= 3 else real)
    attempt("counterAlwaysInside", lambda n, real: (real[0], start + entry + plan.jump_bytes - 1))
    attempt("counterJustBehind", lambda n, real: (real[0], start + entry + plan.jump_bytes))
    attempt("returnsInsideTwice", lambda n, real: (start + word, real[1]) if n <= 2 else real)
print(json.dumps(result))
