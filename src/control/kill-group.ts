import type { Client } from "ssh2";
import { shellCommand } from "./argv.ts";

/** Ends a process group on the node. Never rejects: where it cannot be done, the node's own bound ends the command. */
export function killGroup(client: Client, pid: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.removeListener("close", done);
      resolve();
    };
    client.once("close", done);
    try {
      client.exec(shellCommand(["kill", "-s", "KILL", "--", `-${pid}`]), (error, channel) => {
        if (error) {
          done();
          return;
        }
        channel.on("error", () => {}); // "close" follows
        channel.once("close", done);
        channel.resume();
        channel.end();
      });
    } catch {
      done(); // ssh2 throws when the connection is gone
    }
  });
}
