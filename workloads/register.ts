import { linearizable } from "../src/checker/linearizable/checker.ts";
import { clients, concurrentKeys, limit, mix, naturals, repeat } from "../src/generator/index.ts";
import { casRegister } from "../src/model/cas-register.ts";
import type { Client, GeneratorLike, Random, Workload } from "../src/test.ts";

export interface RegisterWorkloadOptions {
  readonly client: Client;
  readonly nodes: number;
  readonly concurrency: number;
  /** Operations on one key before the next one is taken. */
  readonly opsPerKey: number;
  /** Threads that work on one key together; must divide the concurrency. Chosen when left out. */
  readonly threadsPerKey?: number;
}

/** Values are few, so that a comparison often holds and a stale value is often wrong. */
const VALUES = 5;

/** The largest group that divides the threads and touches every node at most once. */
export function groupSize(concurrency: number, nodes: number): number {
  for (let size = Math.min(concurrency, Math.max(1, nodes)); size > 1; size--)
    if (concurrency % size === 0) return size;
  return 1;
}

const read = { f: "read", value: null };
const write = (_test: unknown, { random }: { readonly random: Random }) => ({ f: "write", value: random.int(VALUES) });
const cas = (_test: unknown, { random }: { readonly random: Random }) => ({
  f: "cas",
  value: [random.int(VALUES), random.int(VALUES)],
});

/**
 * Independent registers: reads, writes and compare-and-sets on one key after another, each by a group of threads that
 * covers the nodes. Every key's history must be linearizable.
 */
export function registerWorkload(options: RegisterWorkloadOptions): Workload {
  const group = options.threadsPerKey ?? groupSize(options.concurrency, options.nodes);
  const forKey = (): GeneratorLike =>
    limit(
      options.opsPerKey,
      mix([
        [repeat(read), 2],
        [write, 1],
        [cas, 1],
      ]),
    );
  return {
    client: options.client,
    generator: clients(concurrentKeys(group, naturals(), forKey)),
    checker: linearizable({ model: casRegister() }),
  };
}
