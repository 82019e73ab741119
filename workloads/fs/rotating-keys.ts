import { clients, concurrentKeys, limit, mix, repeat, reserve } from "../../src/generator/index.ts";
import type { GeneratorLike, OpDraft, Workload } from "../../src/test.ts";
import { groupSize } from "../register.ts";

export interface RotatingKeysOptions {
  readonly nodes: number;
  readonly concurrency: number;
  /** Operations on one key before the next one is taken. */
  readonly opsPerKey: number;
  /** The operation that changes something: it gets 0, 1, 2 … as values, each once for each key. */
  readonly change: string;
  /** How many changes come with one read, on average. */
  readonly changesPerRead: number;
  /** One thread of each group makes all changes, and the others read, each as fast as it can. */
  readonly oneWriter?: boolean;
  /** What the final reads are told, where they are not like the others. */
  readonly finalValue?: string;
}

/** Reads of each key at the end: several, so that different nodes are asked. */
const FINAL_READS = 2;

/** `f` with the values 0, 1, 2 … */
export function* numbered(f: string): Generator<OpDraft, void, void> {
  for (let value = 0; ; value++) yield { f, value };
}

const read: OpDraft = { f: "read", value: null };

/**
 * Changes and reads on one key after another, each key by a group of threads that covers the nodes; and at the end
 * reads of all keys that were ever used, so that what is lost later is noticed as well.
 */
export function rotatingKeys(options: RotatingKeysOptions): Pick<Workload, "generator" | "finalGenerator"> {
  const { nodes, concurrency, opsPerKey, change, changesPerRead, finalValue = null } = options;
  let used = 0;
  function* keys() {
    for (;;) yield used++;
  }
  function* finalReads() {
    for (let key = 0; key < used; key++) yield limit(FINAL_READS, repeat({ ...read, key, value: finalValue }));
  }
  const mixed = () =>
    mix([
      [repeat(read), 1],
      [numbered(change), changesPerRead],
    ]);
  const apart = () => reserve([[1, numbered(change)]], repeat(read));
  const forKey = (): GeneratorLike => limit(opsPerKey, options.oneWriter ? apart() : mixed());
  return {
    generator: clients(concurrentKeys(groupSize(concurrency, nodes), keys(), forKey)),
    finalGenerator: { [Symbol.iterator]: finalReads },
  };
}
