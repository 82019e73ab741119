import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { daemonPid, startDaemon, stopDaemon } from "../../src/control/daemon.ts";
import { runningDaemons } from "../../src/control/running-daemons.ts";
import { LocalSession } from "../nemesis/local-test.ts";

test("daemons of every suite are found by their pidfiles as long as they run", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const session = new LocalSession("here");
  expect(await runningDaemons(session, directory)).toEqual([]);
  const daemon = {
    argv: ["sleep", "100"],
    pidFile: join(directory, "some-suite", "sleeper.pid"),
    logFile: join(directory, "some-suite", "log"),
  };
  await startDaemon(session, daemon);
  onTestFinished(() => stopDaemon(session, daemon.pidFile));
  const pid = await daemonPid(session, daemon.pidFile);
  await expect.poll(() => runningDaemons(session, directory)).toEqual([{ program: "sleep", pid }]);
  process.kill(pid as number, "SIGKILL");
  await expect.poll(() => runningDaemons(session, directory)).toEqual([]); // its pidfile is still there
});
