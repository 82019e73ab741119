import { z } from "zod";
import { SUITES_DIRECTORY } from "../../src/control/running-daemons.ts";
import type { Suite } from "../../src/test.ts";
import type { FsTarget } from "./client.ts";
import { fsOptionShape, fsWorkloadsOfFlags } from "./options.ts";
import { fsWorkloads } from "./workloads.ts";

/** Made below the directory that the user names, so that nothing of his is touched. */
const OWN_FOLDER = "jepsen-ts-fs";

const options = z.object({
  ...fsOptionShape,
  directory: z
    .string()
    .regex(/^\/./, "must be an absolute path")
    .default(SUITES_DIRECTORY)
    .describe("where on the nodes the files are; a folder of its own is made in it, and removed at the end"),
  shared: z
    .boolean()
    .default(false)
    .describe("the directory is the same on all nodes (a mount): each client uses its own node, not the first one"),
});

function target(given: unknown): FsTarget {
  const { directory, shared } = options.parse(given);
  return { directory: `${directory.replace(/\/+$/, "")}/${OWN_FOLDER}`, local: !shared, removeAtEnd: true };
}

/** Any file system that is mounted already; by default a plain directory of the first node, which must pass. */
export const fsSuite: Suite = {
  name: "fs",
  description: "POSIX files in a directory: a local one as the control, or a mount that all nodes share",
  options,
  workloads: fsWorkloads(target),
  workloadsOfFlags: fsWorkloadsOfFlags,
  defaultWorkload: "fs-append",
};
