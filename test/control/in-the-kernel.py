"""A process of two threads, one of which the kernel keeps: such a thread takes no signals until it comes back.

Arguments: which thread ("first" or "second") the kernel keeps, and a FIFO that keeps it until somebody opens it for
writing. It says "kept" just before; the other thread prints "tick" all the time.
"""
import ctypes
import os
import sys
import threading
import time

LIBC = ctypes.CDLL(None)
POSIX_SPAWN_SETSID = 0x80


def tick():
    while True:
        os.write(1, b"tick\n")
        time.sleep(0.01)


def stay_in_kernel():
    """Starts a program: the caller waits as in vfork, and the child opens its stdin, which is the FIFO, before all else."""
    actions, attributes = (ctypes.create_string_buffer(1024) for _ in range(2))
    LIBC.posix_spawn_file_actions_init(actions)
    LIBC.posix_spawn_file_actions_addopen(actions, 0, sys.argv[2].encode(), os.O_RDONLY, 0)
    LIBC.posix_spawnattr_init(attributes)
    LIBC.posix_spawnattr_setflags(attributes, ctypes.c_short(POSIX_SPAWN_SETSID))  # what stops the group lets the child be
    pid, argv = ctypes.c_int(), (ctypes.c_char_p * 2)(b"true", None)
    os.write(1, b"kept\n")
    LIBC.posix_spawnp(ctypes.byref(pid), b"true", actions, attributes, argv, (ctypes.c_char_p * 1)(None))
    time.sleep(60)


first, second = (stay_in_kernel, tick) if sys.argv[1] == "first" else (tick, stay_in_kernel)
threading.Thread(target=second, daemon=True).start()
first()
