import type { Duplex } from "node:stream";
import ssh2, { Client, type ConnectConfig } from "ssh2";
import { monotonicMs, sleep } from "../clock.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import { randomStream } from "../random.ts";
import type { SshTarget } from "./ssh-target.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
const KEEPALIVE_INTERVAL_MS = 5_000;
const KEEPALIVE_COUNT_MAX = 3;
const RETRY_PAUSE_MS = 50;

/** Jitter need not be reproducible, but it must differ between control processes. */
const jitter = randomStream(process.pid, "connect");

type Authentication = NonNullable<ConnectConfig["authHandler"]>;

/** A password comes first: it was given on purpose, and servers close after a few refused keys. */
function authentication(target: SshTarget): Authentication {
  const { agent, password, privateKeys, user: username } = target;
  const methods: object[] = [];
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    type Answer = (answers: readonly string[]) => void;
    const prompt = (_name: string, _what: string, _language: string, prompts: readonly unknown[], answer: Answer) =>
      answer(prompts.map(() => password));
    methods.push({ type: "keyboard-interactive", username, prompt });
  }
  for (const { text } of privateKeys) methods.push({ type: "publickey", username, key: text });
  if (agent) methods.push({ type: "agent", username, agent });
  return methods as unknown as Authentication;
}

/** With what we tried to get in, for messages. */
function triedWith({ agent, password, privateKeys }: SshTarget): string {
  const tried = [
    ...(password === undefined ? [] : ["the password"]),
    ...privateKeys.map(({ path, text }) =>
      // ssh2 passes over what it cannot read, and does not say so
      ssh2.utils.parseKey(text) instanceof Error
        ? `${path} (unreadable or encrypted: an SSH agent could use it)`
        : path,
    ),
    ...(agent ? ["the SSH agent"] : []),
  ];
  return tried.join(", ") || "no key at all";
}

async function connectOnce(target: SshTarget, timeoutMs: number, signal?: AbortSignal): Promise<Client> {
  const sock = await target.via?.forward(target.host, target.port, timeoutMs, signal);
  return handshake(target, timeoutMs, sock, signal);
}

function handshake(
  target: SshTarget,
  timeoutMs: number,
  sock: Duplex | undefined,
  signal: AbortSignal | undefined,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let refusedKey: string | undefined;
    const where = `${target.node} (${target.user}@${target.host}:${target.port}${target.via ? ` through ${target.via.name}` : ""})`;
    const fail = (sentence: string, data: Record<string, unknown>, cause?: unknown) => {
      signal?.removeEventListener("abort", onAbort);
      client.removeAllListeners();
      client.on("error", () => {}); // a late error of a connection that was already given up tells nothing new
      client.destroy();
      reject(
        new JepsenError(
          "connect",
          sentence,
          { node: target.node, host: target.host, port: target.port, ...data },
          cause,
        ),
      );
    };
    const onAbort = () => {
      client.removeAllListeners();
      client.on("error", () => {});
      client.destroy();
      reject(
        new JepsenError("aborted", `Connecting to ${where} was broken off.`, { node: target.node }, signal?.reason),
      );
    };
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    client.once("ready", () => {
      signal?.removeEventListener("abort", onAbort);
      client.removeAllListeners("error");
      client.setNoDelay(true); // 46 ms → 3 ms for a command: Nagle and delayed ACK wait for one another otherwise
      resolve(client);
    });
    client.once("error", (error: Error & { level?: string; code?: string }) => {
      if (refusedKey) fail(`Cannot trust ${where}: ${refusedKey}.`, { final: true });
      else if (error.level === "client-authentication") {
        const mend =
          target.password === undefined
            ? "name the right key with --ssh-key, or give a password in JEPSEN_TS_SSH_PASSWORD or with --ssh-password-file"
            : "is the password right?";
        fail(`${where} refuses to let us in with ${triedWith(target)}: ${mend}.`, { final: true }, error);
      } else fail(`Cannot reach ${where}: ${messageOf(error)}.`, { final: error.code === "ENOTFOUND" }, error);
    });
    client.once("close", () => fail(`${where} closed the connection before it was ready.`, { final: false }));
    const config: ConnectConfig = {
      host: target.host,
      port: target.port,
      username: target.user,
      readyTimeout: timeoutMs,
      ...(sock ? { sock } : {}),
      keepaliveInterval: KEEPALIVE_INTERVAL_MS,
      keepaliveCountMax: KEEPALIVE_COUNT_MAX,
      authHandler: authentication(target),
      hostVerifier: (key: Buffer) => {
        refusedKey = target.checkHostKey(key);
        return refusedKey === undefined;
      },
    };
    const known = target.hostKeyAlgorithms ?? [];
    if (known.length > 0) {
      // ask first for a kind of key that we can verify; ssh-rsa entries are used with its SHA-2 signatures
      const prefer = known.flatMap((name) =>
        name === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [name],
      );
      const others = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"];
      config.algorithms = { serverHostKey: [...new Set([...prefer, ...others])] as never };
    }
    client.connect(config);
  });
}

/**
 * Connects, and tries again with jitter until the deadline where that can help (sshd not up yet, too many
 * connections at once); a wrong key, a refused host key or an unknown name is final. Commands are never retried.
 * Rejects with JepsenError "connect" or "aborted".
 */
export async function connectSsh(
  target: SshTarget,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Client> {
  const deadline = monotonicMs() + (options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS);
  for (let attempt = 0; ; attempt++) {
    try {
      return await connectOnce(target, Math.max(100, deadline - monotonicMs()), options.signal);
    } catch (error) {
      const pauseMs = RETRY_PAUSE_MS * 2 ** Math.min(attempt, 4) * (0.5 + jitter.float());
      const final = !isJepsenError(error, "connect") || error.data.final === true;
      if (final || monotonicMs() + pauseMs >= deadline) throw error;
      await sleep(pauseMs, options.signal);
    }
  }
}
