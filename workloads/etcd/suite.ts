import { z } from "zod";
import { JepsenError } from "../../src/errors.ts";
import type { Suite, SuiteContext } from "../../src/test.ts";
import { groupSize, registerWorkload } from "../register.ts";
import { EtcdDb } from "./db.ts";
import { registerClient } from "./register-client.ts";

const options = z.object({
  serializable: z.boolean().default(false).describe("reads may be answered from a member's own, possibly stale, state"),
  opsPerKey: z.int().min(1).max(1_000_000).default(300).describe("operations on one key before the next one is taken"),
  threadsPerKey: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("threads that work on one key together; divides the concurrency"),
  clientTimeout: z.number().min(0.01).max(600).default(2).describe("seconds that a client waits for etcd"),
  snapshotCount: z.int().min(1).default(100).describe("Raft log entries between etcd's snapshots"),
  unsafeNoFsync: z.boolean().default(false).describe("run etcd without syncing its log to disk"),
});

type EtcdOptions = z.infer<typeof options>;

function register(context: SuiteContext) {
  const { clientTimeout, serializable, opsPerKey, threadsPerKey } = context.options as EtcdOptions;
  const { concurrency, nodes } = context;
  const group = threadsPerKey ?? groupSize(concurrency, nodes.length);
  if (concurrency % group !== 0) {
    throw new JepsenError(
      "usage",
      `--threads-per-key ${group} does not divide the concurrency of ${concurrency}: choose one that does.`,
    );
  }
  const client = registerClient({ timeoutMs: clientTimeout * 1000, serializable });
  return registerWorkload({ client, nodes: nodes.length, concurrency, opsPerKey, threadsPerKey: group });
}

/** etcd, through its JSON gateway. */
export const etcdSuite: Suite = {
  name: "etcd",
  description: "etcd 3.4 and later: linearizable key-value operations",
  options,
  workloads: { register },
  defaultWorkload: "register",
  db: (context) => {
    const { snapshotCount, unsafeNoFsync } = context.options as EtcdOptions;
    return new EtcdDb({ snapshotCount, unsafeNoFsync });
  },
};
