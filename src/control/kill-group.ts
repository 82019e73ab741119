import type { Client } from "ssh2";
import { shellCommand } from "./argv.ts";
import type { Sudo } from "./ssh-target.ts";
import { scriptCall } from "./sudo.ts";

/** Ends a process group on the node. Never rejects: where it cannot be done, the node's own bound ends the command. */
export function killGroup(client: Client, pid: number, sudo: Sudo | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.removeListener("close", done);
      resolve();
    };
    client.once("close", done);
    const call = scriptCall('kill -s KILL -- "-$1"', [String(pid)], sudo);
    try {
      client.exec(shellCommand(call.argv), (error, channel) => {
        if (error) {
          done();
          return;
        }
        channel.on("error", () => {}); // "close" follows
        channel.once("close", done);
        channel.resume();
        channel.end(call.stdin);
      });
    } catch {
      done(); // ssh2 throws when the connection is gone
    }
  });
}
