import { cycle, once, spaced } from "../../src/generator/index.ts";
import type { Completion, Evidence, Nemesis, NemesisPackage, Test } from "../../src/test.ts";
import { storeOf } from "./store-of.ts";

const START = "start-isolate-primary";
const STOP = "stop-isolate-primary";
const JITTER = 0.25;

/** Which nodes each node reaches, by asking. */
function reachability(test: Test): Readonly<Record<string, readonly string[]>> {
  const store = storeOf(test);
  return Object.fromEntries(
    test.nodes.map((from) => [from, test.nodes.filter((to) => to !== from && store.reaches(from, to))]),
  );
}

async function start(test: Test, signal: AbortSignal): Promise<Completion> {
  const store = storeOf(test);
  const cut = await store.isolatePrimary(signal);
  const details = reachability(test);
  const others = test.nodes.length - 1;
  const isAlone = details[cut]?.length === 0;
  const areTogether = test.nodes.every((node) => node === cut || details[node]?.length === others - 1);
  const evidence: Evidence = {
    proven: isAlone && areTogether && store.primary !== cut,
    summary: `${cut}, the primary, reaches ${details[cut]?.length} of ${others} nodes; the others chose ${store.primary}`,
    details,
  };
  return { type: "ok", value: cut, evidence };
}

function stop(test: Test): Completion {
  storeOf(test).heal();
  const details = reachability(test);
  const pairs = Object.values(details).reduce((sum, reached) => sum + reached.length, 0);
  const all = test.nodes.length * (test.nodes.length - 1);
  return { type: "ok", evidence: { proven: pairs === all, summary: `${pairs} of ${all} paths are open`, details } };
}

const nemesis: Nemesis = {
  fs: new Set([START, STOP]),
  invoke: async (test, op, signal) => (op.f === START ? start(test, signal) : stop(test)),
  teardown: async (test) => storeOf(test).heal(),
};

/** Cuts the store's primary off from the other nodes, and joins it again, about every `intervalMs`. */
export function isolatePrimary(intervalMs: number): NemesisPackage {
  return {
    name: "isolate-primary",
    nemesis,
    generator: spaced(intervalMs / 1000, JITTER, cycle([once({ f: START }), once({ f: STOP })])),
    finalGenerator: once({ f: STOP }),
    bands: [{ family: "isolate-primary", start: [START], stop: [STOP] }],
    values: {}, // the primary is whoever it is
  };
}
