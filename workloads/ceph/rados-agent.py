"""Runs RADOS operations on a node for one client: a line of JSON in, a line of JSON out.

Arguments: CONF, KEYRING, POOL ("" for none), SECONDS (that one operation may take, a whole number). A request is {"timeoutMs": N,
"call": [name, argument, ...]}. The answer is {"value": ...}, or {"errno": "ETIMEDOUT", "message": "...", "begun": B};
"begun" is false while nothing was sent to the object's servers. Bytes are text in Latin-1: each byte is one character.
"""

import errno
import json
import signal
import sys

import rados

CONF, KEYRING, POOL, SECONDS = sys.argv[1:5]
OMAP_PAGE = 10000

cluster = None
pool = None


def connect():
    global cluster, pool
    if cluster is None:
        options = {"keyring": KEYRING, "client_mount_timeout": SECONDS}
        options.update(rados_osd_op_timeout=SECONDS, rados_mon_op_timeout=SECONDS)
        made = rados.Rados(conffile=CONF, name="client.admin", conf=options)
        made.connect(timeout=int(SECONDS))
        cluster = made
    if POOL and pool is None:
        pool = cluster.open_ioctx(POOL)


def operate(name, prepare):
    with rados.WriteOpCtx() as op:
        prepare(op)
        pool.operate_write_op(op, name)


def read(name):
    try:
        size, _ = pool.stat(name)
    except rados.ObjectNotFound:
        return None
    # one more byte than there was: an object that has grown meanwhile is read again
    data = pool.read(name, size + 4096)
    while len(data) == size + 4096:
        size = len(data)
        data = pool.read(name, 2 * size)
    return data.decode("latin-1")


def compare_and_write(name, expected, text):
    """True if the object was exactly `expected` and is now `text`; one atomic operation."""
    try:
        operate(name, lambda op: (op.cmpext(expected.encode("latin-1"), 0), op.write_full(text.encode("latin-1"))))
    except rados.ExtendMismatch:
        return False
    except rados.Error as error:
        # a mismatch in the first byte, or of an object that is not there: the binding takes it for a plain error
        if abs(error.errno or 0) == rados.MAX_ERRNO:
            return False
        raise
    return True


def omap_set(name, key, text):
    with rados.WriteOpCtx() as op:
        pool.set_omap(op, (key,), (text.encode("latin-1"),))
        pool.operate_write_op(op, name)


def omap_keys(name):
    """All keys, page by page: pages are not one moment, but what was there before the first is in one of them.

    An OSD gives fewer than it is asked for (1024, unless configured), so that only an empty page is the last.
    """
    keys, after = [], ""
    while True:
        with rados.ReadOpCtx() as op:
            found, _ = pool.get_omap_vals(op, after, "", OMAP_PAGE)
            try:
                pool.operate_read_op(op, name)
            except rados.ObjectNotFound:
                return keys
            page = [key for key, _ in found]
        if not page:
            return keys
        keys.extend(page)
        after = page[-1]


def command(arguments, text):
    asked = json.dumps({"format": "json", **arguments})
    code, out, said = cluster.mon_command(asked, text.encode("latin-1"), timeout=int(SECONDS))
    if code != 0:
        raise OSError(-code, said)
    return json.loads(out) if out else said


CALLS = {
    "read": read,
    "write": lambda name, text: pool.write_full(name, text.encode("latin-1")),
    "compareAndWrite": compare_and_write,
    "append": lambda name, text: pool.append(name, text.encode("latin-1")),
    "omapSet": omap_set,
    "omapKeys": omap_keys,
    "command": command,
}


def failure(error, begun):
    number = abs(getattr(error, "errno", None) or 0)
    return {"errno": errno.errorcode.get(number, str(number)), "message": str(error), "begun": begun}


def run(name, arguments):
    begun = False
    try:
        connect()
        begun = True
        return {"value": CALLS[name](*arguments)}
    except (rados.Error, OSError) as error:
        return failure(error, begun)


for line in sys.stdin:
    request = json.loads(line)
    # librados keeps its own time; this is for what hangs in spite of it
    signal.setitimer(signal.ITIMER_REAL, request["timeoutMs"] / 1000)
    call = request["call"]
    answer = run(call[0], call[1:])
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
