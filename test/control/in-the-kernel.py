"""A process of two threads, one of which the kernel keeps for a while: such a thread does not take signals meanwhile.

Arguments: which thread ("first" or "second") the kernel keeps, and for how many seconds. It says "kept" just before;
the other thread prints "tick" all the time.
"""
import ctypes
import os
import platform
import sys
import threading
import time

CLONE = {"x86_64": 56, "aarch64": 220}[platform.machine()]
CLONE_VFORK = 0x4000
SIGCHLD = 17


def tick():
    while True:
        os.write(1, b"tick\n")
        time.sleep(0.01)


def stay_in_kernel():
    """Like vfork, with memory of its own: the caller waits in the kernel until the child has ended."""
    seconds = float(sys.argv[2])
    os.write(1, b"kept\n")
    if ctypes.CDLL(None).syscall(CLONE, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0:
        os.setsid()  # what stops the group shall not stop the child
        time.sleep(seconds)
        os._exit(0)
    time.sleep(60)


first, second = (stay_in_kernel, tick) if sys.argv[1] == "first" else (tick, stay_in_kernel)
threading.Thread(target=second, daemon=True).start()
first()
