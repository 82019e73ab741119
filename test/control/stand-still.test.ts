import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { lookAt } from "../../nemesis/process/process-table.ts";
import { sleep } from "../../src/clock.ts";
import { daemonPid, signalDaemon, startDaemon, stopDaemon } from "../../src/control/daemon.ts";
import { execOk } from "../../src/control/exec.ts";
import { STAND_STILL } from "../../src/control/stand-still.ts";
import type { Db } from "../../src/test.ts";
import { LocalSession, localTest } from "../nemesis/local-test.ts";

const PROGRAM = fileURLToPath(new URL("in-the-kernel.py", import.meta.url));
const session = new LocalSession("here");

/** The state of each thread, read here and not by what is tested; the first thread's is the first. */
async function statesOf(pid: number): Promise<readonly string[]> {
  const threads = (await readdir(`/proc/${pid}/task`)).map(Number).sort((a, b) => a - b);
  const stats = await Promise.all(threads.map((each) => readFile(`/proc/${pid}/task/${each}/stat`, "utf8")));
  return stats.map((stat) => stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "");
}

/** A daemon one thread of which the kernel keeps until it is released. */
async function kept(thread: "first" | "second") {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-still-"));
  const [pidFile, logFile, fifo] = ["pid", "log", "fifo"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await promisify(execFile)("mkfifo", [fifo]);
  const release = () => writeFile(fifo, "");
  const lines = async () => (await readFile(logFile, "utf8")).trim().split("\n");
  await startDaemon(session, { argv: ["python3", PROGRAM, thread, fifo], pidFile, logFile });
  const pid = (await daemonPid(session, pidFile)) ?? -1;
  onTestFinished(async () => {
    await stopDaemon(session, pidFile);
    await rm(directory, { recursive: true });
  });
  while (!(await statesOf(pid)).includes("D")) await sleep(10);
  return { pidFile, pid, release, ticks: async () => (await lines()).length };
}

test("SIGSTOP has been obeyed by every thread when its sender goes on, however long one was in the kernel", async () => {
  const { pidFile, pid, release, ticks } = await kept("first");
  const early = await ticks();
  const stopping = signalDaemon(session, pidFile, "STOP");
  while ((await ticks()) < early + 5) await sleep(10); // the other thread goes on as if nothing had been said
  await release();
  expect(await stopping).toBe(true);
  const then = await ticks();
  expect(await statesOf(pid)).toEqual(["T", "T"]);
  await sleep(200);
  expect(await ticks()).toBe(then);
  expect(await signalDaemon(session, pidFile, "CONT")).toBe(true);
  while ((await ticks()) === then) await sleep(10);
});

test("a thread that does not come back from the kernel is told of after five seconds", async () => {
  const { pidFile, pid, release } = await kept("first");
  await expect(signalDaemon(session, pidFile, "STOP")).rejects.toThrow(`threads of process ${pid} go on 5 s after`);
  await release();
});

test("evidence of a pause is the state of every thread, and not the first one's", async () => {
  const { pid, release } = await kept("second");
  const db = { roles: ["db"], processes: async () => [{ role: "db", pid }] } as unknown as Db;
  const look = async () => (await lookAt(localTest(["n1"], db), "n1")).running.map(({ state }) => state);
  process.kill(pid, "SIGSTOP");
  while ((await statesOf(pid))[0] !== "T") await sleep(10);
  expect(await look()).toEqual(["D"]);
  await release();
  await execOk(session, ["sh", "-c", `${STAND_STILL}\nstand_still "$@"`, "sh", String(pid)]);
  expect(await look()).toEqual(["T"]);
});
