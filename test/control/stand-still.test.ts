import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

/** A daemon one thread of which the kernel keeps for so long, from now on. */
async function kept(thread: "first" | "second", seconds: number) {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-still-"));
  const pidFile = join(directory, "pid");
  const logFile = join(directory, "log");
  const lines = async () => (await readFile(logFile, "utf8")).trim().split("\n");
  onTestFinished(async () => {
    await stopDaemon(session, pidFile);
    await rm(directory, { recursive: true });
  });
  await startDaemon(session, { argv: ["python3", PROGRAM, thread, String(seconds)], pidFile, logFile });
  while (!(await lines()).includes("kept")) await sleep(10);
  await sleep(100); // it says so just before
  return { pidFile, pid: (await daemonPid(session, pidFile)) ?? -1, ticks: async () => (await lines()).length };
}

test("SIGSTOP has been obeyed by every thread when its sender goes on, however long one was in the kernel", async () => {
  const { pidFile, ticks } = await kept("first", 1);
  expect(await signalDaemon(session, pidFile, "STOP")).toBe(true);
  const then = await ticks();
  await sleep(200);
  expect(await ticks()).toBe(then);
  expect(await signalDaemon(session, pidFile, "CONT")).toBe(true);
  await sleep(200);
  expect(await ticks()).toBeGreaterThan(then);
});

test("a thread that does not come back from the kernel is told of after five seconds", async () => {
  const { pidFile, pid } = await kept("first", 30);
  await expect(signalDaemon(session, pidFile, "STOP")).rejects.toThrow(`threads of process ${pid} go on 5 s after`);
});

test("evidence of a pause is the state of every thread, and not the first one's", async () => {
  const { pid } = await kept("second", 1);
  const db = { roles: ["db"], processes: async () => [{ role: "db", pid }] } as unknown as Db;
  const look = async () => (await lookAt(localTest(["n1"], db), "n1")).running.map(({ state }) => state);
  process.kill(pid, "SIGSTOP");
  await sleep(100);
  expect(await readFile(`/proc/${pid}/stat`, "utf8")).toContain(") T ");
  expect(await look()).toEqual(["D"]);
  await execOk(session, ["sh", "-c", `${STAND_STILL}\nstand_still "$@"`, "sh", String(pid)]);
  expect(await look()).toEqual(["T"]);
});
