import { z } from "zod";
import { JepsenError } from "../../src/errors.ts";
import type { Suite, SuiteContext } from "../../src/test.ts";
import { fsOptionShape, fsWorkloadsOfFlags } from "../fs/options.ts";
import { fsWorkloads } from "../fs/workloads.ts";
import { CephDb } from "./db.ts";
import { osdFull } from "./faults/osd-full.ts";
import { osdLoss } from "./faults/osd-loss.ts";
import { osdOut } from "./faults/osd-out.ts";
import { CURRENT_MOUNT } from "./paths.ts";
import { type RadosWorkloadOptions, radosAppend, radosRegister, radosSet } from "./workloads.ts";

const options = z.object({
  ...fsOptionShape,
  clientTimeout: z.number().min(2).max(600).default(5).describe("seconds that a client waits for one operation"),
  opsPerKey: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe("operations on one object or file before the next one is taken"),
  poolSize: z.int().min(1).max(10).default(3).describe("copies of each object"),
  minSize: z.int().min(1).max(10).default(2).describe("copies that must be there for reads and writes to go on"),
  placementGroups: z.int().min(1).max(256).default(16).describe("parts of the pool, each with OSDs of its own"),
  cephfs: z
    .boolean()
    .default(false)
    .describe("metadata servers and mounts also beside a RADOS workload (the file system workloads bring them)"),
  pageCache: z
    .boolean()
    .default(false)
    .describe("the kernels of CephFS's clients keep file data (ceph-fuse's own default): stale reads"),
  noCephx: z.boolean().default(false).describe("let everybody in without a key"),
});

function workloadOptions({ options: given, nodes, concurrency }: SuiteContext): RadosWorkloadOptions {
  const { clientTimeout, opsPerKey } = options.parse(given);
  return { nodes: nodes.length, concurrency, timeoutMs: clientTimeout * 1000, opsPerKey };
}

const fileSystemWorkloads = fsWorkloads(() => ({ directory: CURRENT_MOUNT, local: false }));

/** Ceph's object store through librados on every node, and CephFS through ceph-fuse. */
export const cephSuite: Suite = {
  name: "ceph",
  description: "Ceph: objects in a replicated RADOS pool, or files in CephFS mounted on every node",
  options,
  workloads: {
    "rados-register": (context) => radosRegister(workloadOptions(context)),
    "rados-append": (context) => radosAppend(workloadOptions(context)),
    "rados-set": (context) => radosSet(workloadOptions(context)),
    ...fileSystemWorkloads,
  },
  workloadsOfFlags: { ...fsWorkloadsOfFlags, pageCache: Object.keys(fileSystemWorkloads) },
  defaultWorkload: "rados-register",
  db: (context) => {
    const { poolSize, minSize, placementGroups, noCephx, cephfs, pageCache } = options.parse(context.options);
    if (poolSize > context.nodes.length || minSize > poolSize) {
      const sentence = `--pool-size ${poolSize} with --min-size ${minSize} cannot be on ${context.nodes.length} nodes: the minimum is at most the size, and the size at most the nodes.`;
      throw new JepsenError("usage", sentence);
    }
    const files = context.workload !== undefined && context.workload in fileSystemWorkloads;
    const wanted = { rados: !files, cephfs: files || cephfs };
    return new CephDb({ size: poolSize, minSize, placementGroups, cephx: !noCephx, pageCache, ...wanted });
  },
  faults: (context, db) => {
    if (!(db instanceof CephDb)) return [];
    const intervalMs = Number(context.options.nemesisInterval ?? 5) * 1000;
    return [osdOut(db, intervalMs, context.nodes), osdLoss(db, intervalMs, context.nodes), osdFull(db, intervalMs)];
  },
};
