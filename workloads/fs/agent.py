"""Runs POSIX file operations on a node for one client: a line of JSON in, a line of JSON out.

A request is {"timeoutMs": N, "steps": [[name, argument, ...], ...]}. The steps are system calls, run in order until one
fails. The answer is {"results": [...]}, with one result for each step that succeeded, and {"failed": POSITION,
"errno": "ENOENT", "message": "..."} beside it when one did not. What the calls mean together, and what their failure
says about the operation, is the business of who asks.

Files that are open live in slots, by name, from one request to the next. Whatever a failed request opened is closed.
A request that takes longer than its time ends this process (SIGALRM's default action): also a system call that hangs in
a file system whose servers are gone is over then, and the kernel drops the locks.
Bytes are text in Latin-1: each byte is one character.
"""

import errno
import fcntl
import json
import os
import signal
import sys

READ_BYTES_MAX = 16 << 20
LOCKS = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX, "none": fcntl.LOCK_UN}

slots = {}
# the paths of those that "hold" opened
held = {}


class Short(Exception):
    """A write that took fewer bytes than it was given."""


def flags(names):
    value = os.O_CLOEXEC
    for name in names:
        value |= getattr(os, name)
    return value


def close(slot):
    # The slot is free even if close fails: the descriptor is gone in any case.
    os.close(slots.pop(slot))


def read(slot, size=READ_BYTES_MAX):
    """From the current position to the end of the file, or at most `size` bytes."""
    parts = []
    left = min(size, READ_BYTES_MAX)
    while left > 0:
        part = os.read(slots[slot], min(left, 1 << 20))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts).decode("latin-1")


def all_of(written, data):
    if written != len(data):
        raise Short(f"{written} of {len(data)} bytes were written")
    return written


def write(slot, text):
    data = text.encode("latin-1")
    return all_of(os.write(slots[slot], data), data)


def pwrite(slot, text, offset):
    data = text.encode("latin-1")
    return all_of(os.pwrite(slots[slot], data, offset), data)


def open_file(slot, path, names, mode=0o644):
    if slot in slots:
        raise ValueError(f"slot {slot} is in use")
    slots[slot] = os.open(path, flags(names), mode)


def hold(slot, path):
    """Opens a file for reading, or goes back to its beginning if the slot still has it open."""
    if held.get(slot) == path:
        os.lseek(slots[slot], 0, os.SEEK_SET)
        return
    if held.pop(slot, None) is not None:
        close(slot)
    open_file(slot, path, ["O_RDONLY"])
    held[slot] = path


def mkdir(path, may_exist=False):
    try:
        os.mkdir(path)
    except FileExistsError:
        if not may_exist:
            raise


def sync_directory(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


STEPS = {
    "open": open_file,
    "hold": hold,
    "close": close,
    "read": read,
    "write": write,
    "pwrite": pwrite,
    "truncate": lambda slot, length: os.ftruncate(slots[slot], length),
    "fsync": lambda slot: os.fsync(slots[slot]),
    "size": lambda slot: os.fstat(slots[slot]).st_size,
    # POSIX record locks of the whole file, and BSD locks; neither waits
    "fcntl": lambda slot, kind: fcntl.lockf(slots[slot], LOCKS[kind] | fcntl.LOCK_NB),
    "flock": lambda slot, kind: fcntl.flock(slots[slot], LOCKS[kind] | fcntl.LOCK_NB),
    "list": os.listdir,
    "mkdir": mkdir,
    "rename": os.rename,
    "link": os.link,
    "unlink": os.unlink,
    "syncDirectory": sync_directory,
    "setxattr": lambda path, name, text: os.setxattr(path, name, text.encode("latin-1")),
    "getxattr": lambda path, name: os.getxattr(path, name).decode("latin-1"),
}


def run(steps):
    before = set(slots)
    results = []
    try:
        for name, *arguments in steps:
            results.append(STEPS[name](*arguments))
        return {"results": results}
    except Short as error:
        failure = {"errno": "SHORT", "message": str(error)}
    except OSError as error:
        failure = {"errno": errno.errorcode.get(error.errno, str(error.errno)), "message": error.strerror}
    # a held file that failed may be one of a mount that is dead: it is opened anew
    lost = (set(slots) - before) | set(held)
    held.clear()
    for slot in lost:
        try:
            close(slot)
        except OSError:
            pass  # the failure that is reported came first
    return {"results": results, "failed": len(results), **failure}


for line in sys.stdin:
    request = json.loads(line)
    signal.setitimer(signal.ITIMER_REAL, request["timeoutMs"] / 1000)
    answer = run(request["steps"])
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
