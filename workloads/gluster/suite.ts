import { z } from "zod";
import type { Suite } from "../../src/test.ts";
import { fsOptionShape, fsWorkloadsOfFlags } from "../fs/options.ts";
import { fsWorkloads } from "../fs/workloads.ts";
import { bricksFault } from "./bricks-fault.ts";
import { GlusterDb } from "./db.ts";
import { CURRENT_MOUNT } from "./paths.ts";
import { brickNodes, LAYOUTS } from "./volume.ts";

const options = z.object({
  ...fsOptionShape,
  volume: z.enum(LAYOUTS).default("replica-3").describe("how the volume keeps its data, on the first nodes"),
  quorum: z
    .enum(["default", "none", "auto"])
    .default("default")
    .describe("client quorum; none lets both sides of a partition write"),
  performance: z
    .boolean()
    .default(false)
    .describe("caches and write-behind in the clients: readers on other nodes may see old data"),
  kernelCache: z
    .number()
    .min(0)
    .max(600)
    .default(0)
    .describe("seconds for which a client's kernel may believe names and attributes"),
  pageCache: z
    .boolean()
    .default(false)
    .describe("the clients' kernels keep data, which they do not hear others change"),
  volumeSet: z
    .array(z.string().regex(/^[\w.-]+=[^=]*$/, "must be like cluster.heal-timeout=5"))
    .default([])
    .describe("other options of the volume, such as cluster.consistent-metadata=on"),
  pingTimeout: z.int().min(1).max(600).default(3).describe("seconds after which a silent brick is taken for gone"),
});

/** The one layout that can lose a brick and get another one without moving data. */
const CHANGEABLE = "replica-3";

/** GlusterFS, through FUSE mounts on every node. */
export const glusterSuite: Suite = {
  name: "gluster",
  description: "GlusterFS: a replicated volume mounted on every node",
  options,
  workloads: fsWorkloads(() => ({ directory: CURRENT_MOUNT, local: false })),
  workloadsOfFlags: fsWorkloadsOfFlags,
  defaultWorkload: "fs-append",
  db: (context) => {
    const { volume, quorum, performance, volumeSet, pingTimeout, kernelCache, pageCache } = options.parse(
      context.options,
    );
    brickNodes(volume, context.nodes); // too few nodes are said at once
    return new GlusterDb({
      layout: volume,
      quorum,
      performance,
      more: volumeSet,
      pingTimeoutS: pingTimeout,
      kernelCacheS: kernelCache,
      pageCache,
    });
  },
  faults: (context) => {
    const intervalMs = Number(context.options.nemesisInterval) * 1000;
    const { volume } = options.parse(context.options);
    if (volume === CHANGEABLE)
      return [bricksFault(brickNodes(volume, context.nodes).length, intervalMs, context.nodes)];
    const cannot = `The fault bricks needs --volume ${CHANGEABLE}: a ${volume} volume cannot lose a brick and get an empty one while it is in use; --nemesis kill --kill-roles brick ends a brick's process and starts it again.`;
    return [{ name: "bricks", cannot }];
  },
};
