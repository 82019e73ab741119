"""The same as victim.c, for machines without a C compiler: asks for the time all the time, in four threads."""
import json
import sys
import threading
import time

count = [0]


def loop():
    while True:
        time.time()
        time.clock_gettime(time.CLOCK_REALTIME)
        time.monotonic()
        count[0] += 3


for _ in range(4):
    threading.Thread(target=loop, daemon=True).start()
while sys.stdin.buffer.raw.read(1):
    real, mono = time.clock_gettime_ns(time.CLOCK_REALTIME), time.monotonic_ns()
    coarse = time.clock_gettime_ns(time.CLOCK_REALTIME_COARSE)
    answer = {"realtimeNs": str(real), "monotonicNs": str(mono), "coarseNs": str(coarse)}
    answer |= {"gettimeofdayUs": str(real // 1000), "time": real // 10**9}
    print(json.dumps({**answer, "calls": count[0], "malformed": 0, "backwards": 0}), flush=True)
