import { connect, createServer, type Server } from "node:net";
import { JepsenError } from "../../errors.ts";

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * The hold of one process of this host on something named. It is a socket in Linux's abstract namespace: only one
 * process can have it, the kernel frees it when that process dies in whatever way, and nothing is left on disk.
 */
export class HostClaim {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Claims it; undefined when another process, or another claim of this one, has it. */
  static take(name: string): Promise<HostClaim | undefined> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        socket.on("error", () => {}); // who asked has gone
        socket.end(String(process.pid));
      });
      server.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(undefined);
        else reject(new JepsenError("internal", `Cannot claim ${name}: ${error.message}.`, {}, error));
      });
      server.listen(socketName(name), () => {
        server.unref(); // a claim alone does not keep the process alive
        resolve(new HostClaim(server));
      });
    });
  }

  release(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The process that has claimed it; undefined when nobody has. */
export function claimHolder(name: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(socketName(name));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("error", () => {}); // nobody listens: "close" follows
    socket.on("close", () => resolve(said === "" ? undefined : Number(said)));
  });
}

function socketName(name: string): string {
  return `\0jepsen-ts/${name}`;
}
