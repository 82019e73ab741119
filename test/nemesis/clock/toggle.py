"""Installs and removes the clock patch of a process many times: toggle.py HELPER PID TIMES."""
import importlib.util
import json
import os
import struct
import sys
import time

spec = importlib.util.spec_from_file_location("helper", sys.argv[1])
helper = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helper)
pid, times = int(sys.argv[2]), int(sys.argv[3])
base, length = helper.vdso_mapping("self")
with open("/proc/self/mem", "rb", buffering=0) as memory:
    plan = helper.Plan(os.pread(memory.fileno(), length, base))
stopped = []
start = time.monotonic()
for i in range(times):
    with helper.alone(), helper.Target(plan, pid) as target:
        stopped.append(target.apply(struct.pack("<qqq", (-1) ** i * (i + 1) * 1_000_003, i % 7 - 3, time.time_ns())))
        seen = target.look()
        assert len(seen["jumps"]) == len(plan.entries) and not seen["foreign"], seen
        stopped.append(target.reset())
        seen = target.look()
        assert not seen["jumps"] and not seen["foreign"], seen
stopped.sort()
median = stopped[len(stopped) // 2]
took_s = time.monotonic() - start
print(json.dumps({"toggles": times, "seconds": took_s, "stoppedMsMedian": median, "stoppedMsMax": stopped[-1]}))
