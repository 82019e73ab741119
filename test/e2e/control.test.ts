/** The SSH layer against a real sshd on local nodes. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { monotonicMs, sleep } from "../../src/clock.ts";
import { makeKeyPair } from "../../src/cluster/local/key-pair.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { clusterDirectory } from "../../src/cluster/local/registry.ts";
import { type Daemon, daemonPid, signalDaemon, startDaemon, stopDaemon } from "../../src/control/daemon.ts";
import { execOk, missingPrograms, writeRemoteFile } from "../../src/control/exec.ts";
import { healNode, isLost, NodeGuard, nodeHolder } from "../../src/control/node-guard.ts";
import { SshSession } from "../../src/control/ssh-session.ts";
import { pinnedHostKey, type SshTarget } from "../../src/control/ssh-target.ts";
import type { JepsenError } from "../../src/errors.ts";
import type { Session } from "../../src/test.ts";
import { folder } from "./cli.ts";

const cluster = new LocalCluster({ nodes: ["n1", "n2"], disk: "256m", owned: true });
let one: Session;
let target: SshTarget;

beforeAll(async () => {
  await cluster.up();
  one = await cluster.session("n1");
  const key = await readFile(join(clusterDirectory(cluster.id), "id_ed25519"), "utf8");
  const record = JSON.parse(await readFile(join(clusterDirectory(cluster.id), "cluster.json"), "utf8"));
  target = {
    node: "n1",
    host: cluster.address("n1"),
    port: 22,
    user: "root",
    privateKeys: [{ path: "the right key", text: key }],
    checkHostKey: pinnedHostKey(record.nodes[0].hostKey),
  };
});

afterAll(() => cluster.down({ destroy: true }));

const failure = (running: Promise<unknown>) =>
  running.then(
    (value) => {
      throw new Error(`it should have failed, but answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as JepsenError,
  );

/** How many processes on the node have this word among their arguments. */
async function processesWith(session: Session, word: string): Promise<number> {
  const lines = (await execOk(session, ["ps", "-eo", "args"])).split("\n");
  return lines.filter((line) => line.includes(word)).length;
}

async function gone(session: Session, word: string): Promise<boolean> {
  const deadline = monotonicMs() + 5_000;
  while ((await processesWith(session, word)) > 0) {
    if (monotonicMs() > deadline) return false;
    await sleep(50);
  }
  return true;
}

describe("exec", () => {
  it("hands over arguments, stdin and exit codes, and keeps stdout and stderr apart", async () => {
    const argv = ["", " ", "'", '"', "$HOME", "`id`", "\\", "a\nb", "*", "ä€𝄞"];
    const { stdout } = await one.exec(["printf", "%s\\0", ...argv]);
    expect(stdout.split("\0").slice(0, -1)).toEqual(argv);
    expect(await one.exec(["sh", "-c", "cat; echo err >&2; exit 7"], { stdin: "in" })).toEqual({
      code: 7,
      stdout: "in",
      stderr: "err\n",
    });
    expect((await one.exec(["sh", "-c", "kill -TERM $$"])).code).toBe(143);
    expect((await one.exec(["no-such-program-here"])).code).toBe(127);
  });

  it("carries megabytes both ways", async () => {
    const text = randomBytes(2 << 20).toString("hex");
    expect((await one.exec(["cat"], { stdin: text })).stdout).toBe(text);
  });

  it("runs thirty commands at once, over a server's usual ten channels", async () => {
    const numbers = Array.from({ length: 30 }, (_, i) => String(i));
    const answers = await Promise.all(numbers.map((i) => execOk(one, ["sh", "-c", 'sleep 0.1; echo "$1"', "sh", i])));
    expect(answers).toEqual(numbers);
  });

  it("kills the whole remote process group when its time is up", async () => {
    const word = `timeout-${randomBytes(4).toString("hex")}`;
    const script = `sh -c 'sleep 1000; : ${word}' & sh -c 'trap "" TERM HUP; sleep 1001; : ${word}'; : ${word}`;
    const outcome = failure(one.exec(["sh", "-c", script], { timeoutMs: 5_000 }));
    await expect.poll(() => processesWith(one, word)).toBeGreaterThanOrEqual(3);
    expect(await outcome).toMatchObject({ code: "timeout", data: { node: "n1" } });
    expect(await gone(one, word)).toBe(true);
  });

  it("kills it too when it is no longer wanted, also when that is said before it began", async () => {
    const word = `abort-${randomBytes(4).toString("hex")}`;
    const aborting = new AbortController();
    const outcome = failure(one.exec(["sh", "-c", `sleep 1000; : ${word}`], { signal: aborting.signal }));
    await expect.poll(() => processesWith(one, word)).toBeGreaterThan(0);
    aborting.abort();
    expect(await outcome).toMatchObject({ code: "aborted" });
    expect(await gone(one, word)).toBe(true);
    expect(await failure(one.exec(["true"], { signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted" });
  });

  it("does not leave a command behind that was given up while its channel was being opened", async () => {
    const word = `early-${randomBytes(4).toString("hex")}`;
    const argv = ["sh", "-c", `sleep 1000; : ${word}`];
    const outcomes = Array.from({ length: 8 }, (_, i) => {
      const aborting = new AbortController();
      const outcome = failure(one.exec(argv, { signal: aborting.signal }));
      setTimeout(() => aborting.abort(), i);
      return outcome;
    });
    for (const error of await Promise.all(outcomes)) expect(error.code).toBe("aborted");
    expect(await gone(one, word)).toBe(true);
  });

  it("that is given up while connecting does not take others with it", async () => {
    const session = new SshSession(target);
    const aborting = new AbortController();
    const first = failure(session.exec(["true"], { signal: aborting.signal }));
    const second = execOk(session, ["echo", "here"]);
    aborting.abort();
    expect(await first).toMatchObject({ code: "aborted" });
    expect(await second).toBe("here");
    await session.close();
  });

  it("ends a command that writes without end", async () => {
    const error = await failure(one.exec(["yes", "endless-output"], { outputBytesMax: 100_000 }));
    expect(error).toMatchObject({ code: "remote" });
    expect(error.message).toContain("more than 100000 bytes");
    expect(await gone(one, "endless-output")).toBe(true);
  });
});

describe("a connection that breaks", () => {
  /** Ends the node's side of every connection but the one that asks: the processes between sshd and the commands. */
  async function breakConnections(of: SshSession): Promise<void> {
    const pid = await execOk(of, [
      "sh",
      "-c",
      'p=$PPID; while :; do set -- $(sed "s/.*) //" "/proc/$p/stat"); [ "$2" = 1 ] && break; p=$2; done; echo $p',
    ]);
    await execOk(one, ["kill", "-KILL", pid]);
  }

  it("makes what runs indeterminate; the next command gets a new connection", async () => {
    const session = new SshSession(target);
    try {
      const running = failure(session.exec(["sh", "-c", "sleep 1003; echo late"]));
      await expect.poll(() => processesWith(one, "sleep 1003")).toBeGreaterThan(0);
      await breakConnections(session);
      const error = await running;
      expect(error).toMatchObject({ code: "indeterminate", data: { node: "n1" } });
      expect(error.message).toContain("its outcome is unknown");
      expect(await execOk(session, ["echo", "again"])).toBe("again");
    } finally {
      await session.close();
    }
  });

  it("ends a long-lived process with no exit code", async () => {
    const session = new SshSession(target);
    try {
      const remote = await session.spawn(["sh", "-c", 'echo "$PPID"; cat']);
      const lines = remote.lines[Symbol.asyncIterator]();
      const parent = (await lines.next()).value as string;
      await execOk(one, ["kill", "-KILL", parent]);
      expect(await remote.exited).toBeUndefined();
      expect((await lines.next()).done).toBe(true);
    } finally {
      await session.close();
    }
  });

  it("refuses everything after close", async () => {
    const session = new SshSession(target);
    await session.exec(["true"]);
    await session.close();
    expect(await failure(session.exec(["true"]))).toMatchObject({ code: "connect" });
  });
});

describe("connecting", () => {
  const attempt = async (change: Partial<SshTarget>) => {
    const session = new SshSession({ ...target, ...change });
    const started = monotonicMs();
    try {
      const error = await failure(session.exec(["true"]));
      return { error, ms: monotonicMs() - started };
    } finally {
      await session.close();
    }
  };

  it("with a wrong key says which was tried and what to do, at once", async () => {
    const wrong = { path: "/h/wrong_key", text: makeKeyPair().private };
    const { error, ms } = await attempt({ privateKeys: [wrong] });
    expect(error.code).toBe("connect");
    expect(error.message).toContain("/h/wrong_key");
    expect(error.message).toContain("--ssh-key");
    expect(ms).toBeLessThan(8_000); // not the ten seconds of trying again
  });

  it("tries the next key after a wrong one", async () => {
    const wrong = { path: "/h/wrong_key", text: makeKeyPair().private };
    const session = new SshSession({ ...target, privateKeys: [wrong, ...target.privateKeys] });
    expect((await session.exec(["hostname"])).stdout).toBe("n1\n");
    await session.close();
  });

  it("without any key says so", async () => {
    expect((await attempt({ privateKeys: [] })).error.message).toContain("no key at all");
  });

  it("to a host with another key than the pinned one is refused, at once, before any secret is shown", async () => {
    const { error, ms } = await attempt({ checkHostKey: pinnedHostKey(makeKeyPair().public) });
    expect(error.code).toBe("connect");
    expect(error.message).toMatch(/its host key is SHA256:.*was expected/);
    expect(ms).toBeLessThan(8_000);
  });

  it("to nobody is tried for ten seconds, and ends with the address", async () => {
    const { error } = await attempt({ port: 2222 });
    expect(error.code).toBe("connect");
    expect(error.message).toContain(`${target.host}:2222`);
  });
});

describe("files", () => {
  it("come over unchanged, both ways", async () => {
    const directory = await folder();
    const bytes = randomBytes(3 << 20);
    await writeFile(join(directory, "up"), bytes);
    await one.upload(join(directory, "up"), "/tmp/file");
    await one.download("/tmp/file", join(directory, "down"));
    expect((await readFile(join(directory, "down"))).equals(bytes)).toBe(true);
  });

  it("that are not there are named", async () => {
    const directory = await folder();
    const error = await failure(one.download("/tmp/nothing", join(directory, "x")));
    expect(error).toMatchObject({ code: "remote" });
    expect(error.message).toContain("/tmp/nothing");
  });

  it("do not use up the connection's channels", async () => {
    const directory = await folder();
    await writeFile(join(directory, "up"), "x");
    for (let i = 0; i < 15; i++) await one.upload(join(directory, "up"), `/tmp/many-${i}`);
    expect(await execOk(one, ["sh", "-c", "ls /tmp/many-* | wc -l"])).toBe("15");
  });

  it("that are written are replaced at once, with their mode", async () => {
    await writeRemoteFile(one, "/tmp/it's here", "old\n");
    await writeRemoteFile(one, "/tmp/it's here", "new\n", "600");
    expect(await execOk(one, ["cat", "/tmp/it's here"])).toBe("new");
    expect(await execOk(one, ["stat", "-c", "%a", "/tmp/it's here"])).toBe("600");
  });
});

it("programs that a node lacks are found", async () => {
  expect(await missingPrograms(one, ["sh", "no-such-program", "nft", "neither this"])).toEqual([
    "no-such-program",
    "neither this",
  ]);
});

describe("a daemon", () => {
  const daemon: Daemon = {
    argv: ["sh", "-c", 'echo "$GREETING from $0 in $(pwd)"; sleep 1234 & wait', "it's a daemon"],
    pidFile: "/run/x/d.pid",
    logFile: "/var/log/x/d.log",
    env: { GREETING: "two words" },
    directory: "/tmp",
  };

  it("starts once, is found by its pidfile, and ends with all of its group", async () => {
    expect(await startDaemon(one, daemon)).toBe("started");
    const pid = await daemonPid(one, daemon.pidFile);
    expect(pid).toBeGreaterThan(1);
    expect(await startDaemon(one, daemon)).toBe("running");
    expect(await daemonPid(one, daemon.pidFile)).toBe(pid);
    expect(await execOk(one, ["cat", daemon.logFile])).toBe("two words from it's a daemon in /tmp");
    expect(await signalDaemon(one, daemon.pidFile, "STOP")).toBe(true);
    expect(await daemonPid(one, daemon.pidFile)).toBe(pid);
    await stopDaemon(one, daemon.pidFile, 200);
    expect(await daemonPid(one, daemon.pidFile)).toBeUndefined();
    expect(await signalDaemon(one, daemon.pidFile, "CONT")).toBe(false);
    expect(await gone(one, "sleep 1234")).toBe(true);
  });

  it("that is paused still gets the chance to end in good order", async () => {
    const polite = {
      ...daemon,
      argv: ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"],
      logFile: "/var/log/x/polite.log",
    };
    await startDaemon(one, polite);
    while (!(await execOk(one, ["cat", polite.logFile])).includes("ready")) await sleep(20);
    await signalDaemon(one, polite.pidFile, "STOP");
    await stopDaemon(one, polite.pidFile, 3_000);
    expect(await execOk(one, ["cat", polite.logFile])).toMatch(/bye$/);
  });

  it("whose program is missing says so", async () => {
    expect((await failure(startDaemon(one, { ...daemon, argv: ["no-such-daemon"] }))).message).toContain(
      "there is no program no-such-daemon",
    );
  });

  it("is not mistaken for another process that got its number", async () => {
    await writeRemoteFile(one, daemon.pidFile, "1 12345\n");
    expect(await daemonPid(one, daemon.pidFile)).toBeUndefined();
    expect(await signalDaemon(one, daemon.pidFile, "KILL")).toBe(false);
  });
});

describe("the guard of a node", () => {
  it("keeps others off, and gives the node back", async () => {
    const guard = await NodeGuard.take(one, "run-a", "pid 1", 60);
    const error = await failure(NodeGuard.take(one, "run-b", "pid 2", 60));
    expect(error.code).toBe("environment");
    expect(error.message).toContain("in use by run run-a (control process pid 1)");
    await guard.register("fault", "echo undone > /tmp/undone\n");
    await guard.note("something\nthat stays");
    expect(await nodeHolder(one)).toMatchObject({
      run: "run-a",
      alive: true,
      faults: ["fault"],
      notes: ["something that stays"],
    });
    await guard.unregister("fault");
    expect(await guard.renew()).toBe(0);
    await guard.release();
    expect(await nodeHolder(one)).toBeUndefined();
    expect(await missingFile("/tmp/undone")).toBe(true);
  });

  it("undoes faults when nobody renews, and says so when somebody comes back", async () => {
    const guard = await NodeGuard.take(one, "run-c", "pid 3", 3); // the fault must be registered before it runs out
    await guard.register("fault", "echo undone > /tmp/lease\n");
    const deadline = monotonicMs() + 10_000;
    while (await missingFile("/tmp/lease")) {
      if (monotonicMs() > deadline) throw new Error("the lease did not run out");
      await sleep(100);
    }
    expect(await guard.renew()).toBe(1);
    expect(await nodeHolder(one)).toMatchObject({ alive: true, faults: [] });
    await guard.release();
  });

  it("that a killed run left is refused, healed, and its undoing is done then", async () => {
    const guard = await NodeGuard.take(one, "run-d", "pid 4", 60);
    await guard.register("fault", "echo undone > /tmp/healed\n");
    await execOk(one, ["sh", "-c", "read -r pid start < /run/jepsen-ts-node/guard.pid; kill -KILL $pid"]);
    const error = await failure(NodeGuard.take(one, "run-e", "pid 5", 60));
    expect(error.message).toMatch(/leftovers of run run-d.*jepsen-ts heal.*--heal-first/);
    expect(await healNode(one)).toEqual(["fault"]);
    expect(await missingFile("/tmp/healed")).toBe(false);
    expect(await failure(guard.renew())).toMatchObject({ code: "environment" });
  });

  it("undoes what it can when one script fails, and keeps that one", async () => {
    const guard = await NodeGuard.take(one, "run-i", "pid 9", 60);
    await guard.register("clock", "echo no clock >&2; exit 3\n");
    await guard.register("partition", "echo undone > /tmp/undone-partition\n");
    const error = await failure(healNode(one));
    expect(error.code).toBe("environment");
    expect(error.message).toMatch(
      /could not be undone: clock \(its script ended with 3\) no clock, while.*partition\./,
    );
    expect(await missingFile("/tmp/undone-partition")).toBe(false);
    expect(await nodeHolder(one)).toMatchObject({ run: "run-i", alive: false, faults: ["clock"] });
    await guard.register("clock", "true\n");
    expect(await healNode(one)).toEqual(["clock"]);
    expect(await nodeHolder(one)).toBeUndefined();
  });

  it("is not mistaken for a stranger that got its number: neither in use, nor killed", async () => {
    await NodeGuard.take(one, "run-h", "pid 8", 60);
    const script = `cd /run/jepsen-ts-node; read -r pid start < guard.pid; kill -KILL $pid
setsid sleep 60 </dev/null >/dev/null 2>&1 & echo "$! $start" > guard.pid; echo $!`;
    const stranger = await execOk(one, ["sh", "-c", script]);
    expect(await nodeHolder(one)).toMatchObject({ run: "run-h", alive: false });
    await healNode(one);
    await execOk(one, ["kill", stranger]); // it was there still
  });

  it("does nothing to the marks of the run that took the node after it", async () => {
    const first = await NodeGuard.take(one, "run-f", "pid 6", 60);
    await healNode(one);
    const second = await NodeGuard.take(one, "run-g", "pid 7", 60);
    await second.register("fault", "echo undone > /tmp/of-another\n");
    const deeds = [
      first.renew(),
      first.register("fault", ":"),
      first.unregister("fault"),
      first.note("x"),
      first.release(),
    ];
    for (const error of await Promise.all(deeds.map(failure))) {
      expect(isLost(error)).toBe(true);
      expect(error.message).toContain("Node n1 no longer belongs to this run");
    }
    expect(await nodeHolder(one)).toMatchObject({ run: "run-g", alive: true, faults: ["fault"], notes: [] });
    expect(await missingFile("/tmp/of-another")).toBe(true);
    await second.release();
  });

  async function missingFile(path: string): Promise<boolean> {
    return (await one.exec(["test", "-e", path])).code !== 0;
  }
});
