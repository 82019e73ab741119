import { randomStream } from "../../src/random.ts";
import type { Test } from "../../src/test.ts";
import type { Bug } from "./bugs.ts";
import { ReplicatedStore } from "./replicated-store.ts";

const stores = new WeakMap<Test, ReplicatedStore>();

/** The store of a run: what is the database elsewhere. Made at first use, gone with the test. */
export function storeOf(test: Test): ReplicatedStore {
  let store = stores.get(test);
  if (!store) {
    const bug = test.options.bug as Bug | undefined;
    store = new ReplicatedStore({ nodes: test.nodes, random: randomStream(test.seed, "demo"), bug });
    stores.set(test, store);
  }
  return store;
}
