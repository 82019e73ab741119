import { createInterface } from "node:readline";
import type { Client, ClientChannel } from "ssh2";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import type { ExecOptions, ExecResult, RemoteProcess, Session } from "../test.ts";
import { shellCommand } from "./argv.ts";
import { killGroup } from "./kill-group.ts";
import { SharedConnection } from "./shared-connection.ts";
import { Slots } from "./slots.ts";
import { connectSsh } from "./ssh-connection.ts";
import type { SshTarget } from "./ssh-target.ts";
import { scriptCall, sudoRefusal } from "./sudo.ts";
import { type Copy, startTransfer } from "./transfer.ts";

/** OpenSSH allows ten sessions a connection by default; two are left for file transfers and for killing. */
const CHANNELS_MAX = 8;
const EXEC_TIMEOUT_MS = 30_000;
const TRANSFER_TIMEOUT_MS = 120_000;
const OUTPUT_BYTES_MAX = 64 << 20;
const STDERR_BYTES_KEPT = 64 << 10;
/** The node's own bound is later than ours: it only matters when the connection is gone. */
const REMOTE_GRACE_S = 5;
const PID_MARK = "jepsen-ts-pid ";

/**
 * Runs argv in a process group of its own and announces its id as the first line on stderr, so that it can be killed
 * from another channel: closing a channel without a terminal leaves the remote process running.
 */
const BOUNDED = `echo "${PID_MARK}$$" >&2; bound=$1; shift; exec timeout -s KILL "$bound" "$@"`;
const UNBOUNDED = `echo "${PID_MARK}$$" >&2; exec "$@"`;

interface Settled {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** A Session over one SSH connection, opened at first use and again after it broke; long-lived processes get their own. */
export class SshSession implements Session {
  readonly node: string;
  readonly #target: SshTarget;
  readonly #slots = new Slots(CHANNELS_MAX);
  readonly #kills = new Slots(1);
  readonly #connection: SharedConnection;
  readonly #spawned = new Set<RemoteProcess>();

  constructor(target: SshTarget) {
    this.node = target.node;
    this.#target = target;
    this.#connection = new SharedConnection(target);
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.#slots.run(() => this.#exec(argv, options));
  }

  async spawn(argv: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<RemoteProcess> {
    const client = await connectSsh(this.#target, options);
    client.on("error", () => {}); // "close" follows and settles the process
    try {
      const call = scriptCall(UNBOUNDED, argv, this.#target.sudo);
      const channel = await openChannel(client, shellCommand(call.argv));
      if (call.stdin !== "") channel.write(call.stdin);
      const remote = new SshProcess(client, channel);
      this.#spawned.add(remote);
      remote.exited.then(() => this.#spawned.delete(remote));
      return remote;
    } catch (error) {
      client.end();
      throw this.#indeterminate(argv, error);
    }
  }

  async upload(from: string, to: string, options: TransferOptions = {}): Promise<void> {
    await this.#transfer(`upload ${from} to ${to}`, { from, to, way: "up" }, options);
  }

  async download(from: string, to: string, options: TransferOptions = {}): Promise<void> {
    await this.#transfer(`download ${from}`, { from, to, way: "down" }, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#spawned].map((remote) => remote.close()));
    await this.#connection.close();
  }

  #indeterminate(argv: readonly string[], cause: unknown): JepsenError {
    if (isJepsenError(cause)) return cause;
    const sentence = `The connection to ${this.node} broke while "${shellCommand(argv)}" ran: its outcome is unknown (${messageOf(cause)}).`;
    return new JepsenError("indeterminate", sentence, { node: this.node, command: argv }, cause);
  }

  async #exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const timeoutMs = options.timeoutMs ?? EXEC_TIMEOUT_MS;
    const outputBytesMax = options.outputBytesMax ?? OUTPUT_BYTES_MAX;
    const boundS = Math.ceil(timeoutMs / 1000) + REMOTE_GRACE_S;
    const client = await this.#connection.get(options.signal);
    const { sudo, user } = this.#target;
    const call = scriptCall(BOUNDED, [String(boundS), ...argv], sudo);
    const line = shellCommand(call.argv);
    return new Promise<ExecResult>((resolve, reject) => {
      let channel: ClientChannel | undefined;
      let settled = false;
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let bytes = 0;
      const finish = (act: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", onAbort);
        client.removeListener("close", onLost);
        act();
      };
      // at once, or as soon as the command has said who it is: it may still be on its way to the node
      const killRemote = () => {
        const { pid } = splitPid(Buffer.concat(stderr).toString());
        if (pid === undefined || !channel) return;
        channel.removeAllListeners("data");
        channel.stderr.removeAllListeners("data");
        void this.#kills.run(() => killGroup(client, pid, sudo));
        channel.close();
      };
      const giveUp = (code: "timeout" | "aborted" | "remote", sentence: string, cause?: unknown) =>
        finish(() => {
          killRemote();
          reject(new JepsenError(code, sentence, { node: this.node, command: argv }, cause));
        });
      const timer = setTimeout(
        () =>
          giveUp(
            "timeout",
            `"${shellCommand(argv)}" on ${this.node} did not end within ${timeoutMs} ms and was killed.`,
          ),
        timeoutMs,
      );
      const onAbort = () =>
        giveUp("aborted", `"${shellCommand(argv)}" on ${this.node} was broken off.`, options.signal?.reason);
      const onLost = () => finish(() => reject(this.#indeterminate(argv, new Error("connection closed"))));
      if (options.signal?.aborted) {
        onAbort();
        return;
      }
      options.signal?.addEventListener("abort", onAbort, { once: true });
      client.once("close", onLost);
      const onOpened = (error: Error | undefined, opened: ClientChannel) => {
        if (error) {
          finish(() => reject(this.#indeterminate(argv, error)));
          return;
        }
        channel = opened;
        const keep = (into: Buffer[]) => (chunk: Buffer) => {
          if (settled) {
            if (into === stderr) into.push(chunk);
            killRemote();
            return;
          }
          into.push(chunk);
          bytes += chunk.length;
          if (bytes > outputBytesMax)
            giveUp(
              "remote",
              `"${shellCommand(argv)}" on ${this.node} wrote more than ${outputBytesMax} bytes and was killed.`,
            );
        };
        let outcome: Settled = { code: undefined, signal: undefined };
        opened.on("data", keep(stdout));
        opened.stderr.on("data", keep(stderr));
        opened.on("exit", (code: number | null, signal?: string) => {
          outcome = { code: code ?? undefined, signal };
        });
        opened.on("close", () =>
          finish(() => {
            const code = exitCode(outcome);
            const said = splitPid(Buffer.concat(stderr).toString());
            if (sudo !== undefined && code !== undefined && said.pid === undefined) {
              const sentence = `On ${this.node}, ${sudoRefusal(user, sudo, said.rest)}.`;
              reject(new JepsenError("environment", sentence, { node: this.node, stderr: said.rest }));
            } else if (code === undefined) reject(this.#indeterminate(argv, new Error("closed without an exit code")));
            else
              resolve({
                code,
                stdout: Buffer.concat(stdout).toString(),
                stderr: said.rest,
              });
          }),
        );
        opened.on("error", (cause: Error) => finish(() => reject(this.#indeterminate(argv, cause))));
        opened.end(call.stdin + (options.stdin ?? ""));
      };
      try {
        client.exec(line, onOpened);
      } catch (error) {
        finish(() => reject(this.#unsent(`"${shellCommand(argv)}"`, error)));
      }
    });
  }

  /** ssh2 throws when the connection is known to be gone: nothing was sent. */
  #unsent(what: string, cause: unknown): JepsenError {
    const sentence = `The connection to ${this.node} was gone before ${what} was sent (${messageOf(cause)}).`;
    return new JepsenError("connect", sentence, { node: this.node }, cause);
  }

  async #transfer(what: string, copy: Copy, options: TransferOptions): Promise<void> {
    const client = await this.#connection.get(options.signal);
    const timeoutMs = options.timeoutMs ?? TRANSFER_TIMEOUT_MS;
    const data = { node: this.node };
    await this.#slots.run(
      () =>
        new Promise<void>((resolve, reject) => {
          let stop = () => {};
          const finish = (error?: JepsenError) => {
            clearTimeout(timer);
            options.signal?.removeEventListener("abort", onAbort);
            client.removeListener("close", onLost);
            stop();
            if (error) reject(error);
            else resolve();
          };
          const onAbort = () => finish(new JepsenError("aborted", `On ${this.node}: ${what} was broken off.`, data));
          const onLost = () =>
            finish(new JepsenError("indeterminate", `The connection to ${this.node} broke during: ${what}.`, data));
          const timer = setTimeout(
            () =>
              finish(new JepsenError("timeout", `On ${this.node}: ${what} took longer than ${timeoutMs} ms.`, data)),
            timeoutMs,
          );
          options.signal?.addEventListener("abort", onAbort, { once: true });
          client.once("close", onLost);
          const transfer = startTransfer(client, copy, this.#target.sudo);
          stop = transfer.stop;
          transfer.done.then(
            () => finish(),
            (cause) =>
              finish(new JepsenError("remote", `On ${this.node}: cannot ${what}: ${messageOf(cause)}.`, data, cause)),
          );
        }),
    );
  }
}

interface TransferOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** 128 + n for a death by signal, as shells say it; undefined when the server never told. */
function exitCode(outcome: Settled): number | undefined {
  if (outcome.code !== undefined) return outcome.code;
  if (outcome.signal === undefined) return undefined;
  const numbers: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, ABRT: 6, KILL: 9, SEGV: 11, PIPE: 13, TERM: 15 };
  return 128 + (numbers[outcome.signal.replace(/^SIG/, "")] ?? 0);
}

/** What stands before the mark was said by sudo, not by the command. */
function splitPid(stderr: string): { pid: number | undefined; rest: string } {
  const begin = `\n${stderr}`.indexOf(`\n${PID_MARK}`);
  const end = begin === -1 ? -1 : stderr.indexOf("\n", begin);
  if (end === -1) return { pid: undefined, rest: stderr };
  return { pid: Number.parseInt(stderr.slice(begin + PID_MARK.length, end), 10), rest: stderr.slice(end + 1) };
}

function openChannel(client: Client, line: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const onLost = () => reject(new Error("connection closed"));
    client.once("close", onLost);
    client.exec(line, (error, channel) => {
      client.removeListener("close", onLost);
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

/** A process with an SSH connection of its own: closing the connection ends its stdin. */
class SshProcess implements RemoteProcess {
  readonly lines: AsyncIterable<string>;
  readonly exited: Promise<number | undefined>;
  readonly #client: Client;
  readonly #channel: ClientChannel;
  #stderr = "";

  constructor(client: Client, channel: ClientChannel) {
    this.#client = client;
    this.#channel = channel;
    this.lines = createInterface({ input: channel, crlfDelay: Number.POSITIVE_INFINITY });
    channel.stderr.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_BYTES_KEPT);
    });
    channel.on("error", () => {}); // "close" follows
    this.exited = new Promise((resolve) => {
      let outcome: Settled = { code: undefined, signal: undefined };
      channel.on("exit", (code: number | null, signal?: string) => {
        outcome = { code: code ?? undefined, signal };
      });
      channel.on("close", () => {
        client.end();
        resolve(exitCode(outcome));
      });
      client.once("close", () => resolve(exitCode(outcome)));
    });
  }

  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#channel.write(`${line}\n`, (error?: Error | null) => (error ? reject(error) : resolve()));
    });
  }

  stderr(): string {
    return splitPid(this.#stderr).rest;
  }

  async close(): Promise<void> {
    this.#channel.end();
    this.#client.end();
    this.#client.destroy();
    await this.exited;
  }
}
