import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { requireShared } from "../../../workloads/fs/shared-directory.ts";
import { LocalSession } from "./local-session.ts";

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "fs-shared-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** What two nodes are told that see these directories. */
async function told(first: string, second: string, run = "/store/this run") {
  const both = { nodes: ["n1", "n2"], seed: 1, directory: run };
  const outcomes = await Promise.allSettled([
    requireShared(both, new LocalSession("n1"), join(first, "own"), 1),
    requireShared(both, new LocalSession("n2"), join(second, "own"), 1),
  ]);
  return outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.message : "fine"));
}

test("a directory that all nodes share is used, and again by the next run", async () => {
  const shared = await directory();
  expect(await told(shared, shared)).toEqual(["fine", "fine"]);
  expect(await told(shared, shared, "/store/the next run")).toEqual(["fine", "fine"]);
});

test("one that is each node's own is refused, also when it looks like an earlier run's", async () => {
  const [mine, other] = [await directory(), await directory()];
  const refused = /^What n1 wrote in .* is not seen on n2 within 1 s: the directory is not one that all nodes share/;
  expect(await told(mine, other)).toEqual(["fine", expect.stringMatching(refused)]);
  await told(other, other, "/store/an earlier run");
  expect(await told(mine, other)).toEqual(["fine", expect.stringMatching(refused)]);
});

test("one that is not there is refused, and not made", async () => {
  const [message] = await told("/nowhere/at/all", "/nowhere/at/all");
  expect(message).toBe(
    "There is no directory /nowhere/at/all on n1: mount the file system that all nodes share there first.",
  );
});
