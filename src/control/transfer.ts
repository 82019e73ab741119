import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Client, ClientChannel, SFTPWrapper } from "ssh2";
import { JepsenError } from "../errors.ts";
import { shellCommand } from "./argv.ts";
import type { Sudo } from "./ssh-target.ts";
import { scriptCall } from "./sudo.ts";

/** Copies one file over an open connection. `stop` gives its channel back: also an sftp session counts as one until it is ended. */
export interface Transfer {
  readonly done: Promise<void>;
  stop(): void;
}

/** Which way: local to remote, or remote to local. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  readonly way: "up" | "down";
}

/** Over sftp, as who logged in; with sudo through `cat` as root, because an sftp server runs as who logged in. */
export function startTransfer(client: Client, copy: Copy, sudo: Sudo | undefined): Transfer {
  return sudo === undefined ? sftpTransfer(client, copy) : rootTransfer(client, copy, sudo);
}

function sftpTransfer(client: Client, { from, to, way }: Copy): Transfer {
  let session: SFTPWrapper | undefined;
  let stopped = false;
  const done = new Promise<void>((resolve, reject) => {
    client.sftp((error, sftp) => {
      if (error) {
        reject(error);
        return;
      }
      session = sftp;
      if (stopped) sftp.end();
      const onDone = (cause?: Error | null) => (cause ? reject(cause) : resolve());
      if (way === "up") sftp.fastPut(from, to, onDone);
      else sftp.fastGet(from, to, onDone);
    });
  });
  const stop = () => {
    stopped = true;
    session?.end();
  };
  return { done, stop };
}

function rootTransfer(client: Client, { from, to, way }: Copy, sudo: Sudo): Transfer {
  const call = way === "up" ? scriptCall('exec cat > "$1"', [to], sudo) : scriptCall('exec cat < "$1"', [from], sudo);
  let open: ClientChannel | undefined;
  const work = async () => {
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      client.exec(shellCommand(call.argv), (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    open = channel;
    let stderr = "";
    channel.stderr.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2000);
    });
    const ended = new Promise<number | null>((resolve) => {
      let code: number | null = null;
      channel.on("exit", (exit: number | null) => {
        code = exit;
      });
      channel.once("close", () => resolve(code));
    });
    channel.write(call.stdin);
    if (way === "up") {
      channel.resume();
      await pipeline(createReadStream(from), channel, { end: false });
      channel.end();
    } else {
      channel.end();
      await pipeline(channel, createWriteStream(to));
    }
    const code = await ended;
    if (code !== 0 && way === "down") await rm(to, { force: true }); // a part of a file must not pass for the file
    if (code !== 0) throw new JepsenError("remote", stderr.trim().replace(/\.$/, "") || `cat ended with code ${code}`);
  };
  return { done: work(), stop: () => open?.close() };
}
