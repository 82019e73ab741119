/** One cell of each job of the nightly, executed for a short time on local nodes. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { workflowCommands } from "../nix/workflow-commands.ts";
import { folder, run } from "./cli.ts";

const SHORT = ["--time-limit", "10", "--nemesis-interval", "2", "--settle", "1", "--rate", "50"];

/** The first cell of each job and system. */
const cells = [
  ...new Map(
    workflowCommands("nightly.yml")
      .filter(({ argv }) => argv[0] === "run")
      .reverse()
      .map((command) => [`${command.job} ${command.argv[1]}`, command.argv] as const),
  ),
].reverse();

test("every job has one", () => {
  expect(cells.map(([name]) => name)).toEqual(["local etcd", "nixos etcd", "nixos gluster", "ceph ceph"]);
});

/** Every system has a short real run of its own elsewhere; all cells run in `npm run test:full`. */
const chosen = process.env.JEPSEN_TS_FULL ? cells : cells.slice(0, 1);

test.each(chosen)("%s", async (_name, [, ...argv]) => {
  const cwd = await folder();
  const own = argv.map((word, i) => (argv[i - 1] === "--cluster" ? "local" : word));
  const done = await run([...own, ...SHORT, "--store", join(cwd, "store")], { cwd });
  expect(done.outcome.failure, done.summary).toBeUndefined();
  expect(done.outcome.problems).toEqual([]);
  expect(done.valid, done.summary).not.toBe(false);
  expect(done.results.checkers.faults.families.partition.installs.proven).toBeGreaterThan(0);
});
