import { isJepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";

const TIMEOUT_MS = 5_000;

/** A daemon takes a command that ends with a zero byte, and answers with four bytes of length and the text. */
const ASK = `import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(float(sys.argv[3]))
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\0")
f = s.makefile("rb")
sys.stdout.write(f.read(struct.unpack(">I", f.read(4))[0]).decode())`;

/**
 * Asks a daemon on the session's node at its own socket, which needs no quorum and no key; `ceph --admin-daemon` does
 * the same and takes a second to start. Undefined when it does not answer: it is dead, paused, or not ready.
 */
export async function askDaemon(session: Session, socket: string, prefix: string): Promise<unknown> {
  const argv = ["python3", "-c", ASK, socket, JSON.stringify({ prefix }), String(TIMEOUT_MS / 1000 - 1)];
  try {
    const { code, stdout } = await session.exec(argv, { timeoutMs: TIMEOUT_MS });
    return code === 0 ? JSON.parse(stdout) : undefined;
  } catch (error) {
    if (isJepsenError(error, "timeout", "indeterminate", "connect")) return undefined;
    throw error;
  }
}
