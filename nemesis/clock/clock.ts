import { listsProcesses } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { CLOCK_KINDS, type ClockKind, clockFault } from "./clock-generator.ts";
import { ClockNemesis } from "./clock-nemesis.ts";

/** A fault of one of these kinds. */
function oneOf(kinds: readonly ClockKind[], strobeMsMax: number): GeneratorLike {
  return (test, { random }) => clockFault(random.pick(kinds), test.nodes, random, strobeMsMax);
}

/** Wrong clocks: jumps, drifts and strobes of the database's wall clock on some nodes. */
export const clockFamily: FaultFamily = {
  name: "clock",
  summary: "makes the clocks of some nodes wrong (bump, strobe, drift)",
  cannot: ({ db }: FaultContext) =>
    listsProcesses(db)
      ? undefined
      : "The clock fault shifts the database's processes, and this system does not list them.",
  make({ options, intervalMs }): NemesisPackage {
    const kinds = (options.clock as readonly ClockKind[] | undefined) ?? CLOCK_KINDS;
    const lasting = kinds.filter((kind) => kind !== "strobe");
    // A lasting fault, then another one on top of it, then the truth; a strobe waits for its turn no longer than others do.
    const first = oneOf(lasting.length > 0 ? lasting : kinds, intervalMs);
    return {
      name: "clock",
      nemesis: new ClockNemesis(),
      generator: rhythm(intervalMs, [first, oneOf(kinds, intervalMs), { f: "reset-clock" }]),
      // The first tells whether the last fault had lasted; the second proves that all clocks are true in any case.
      finalGenerator: [{ f: "reset-clock" }, { f: "reset-clock" }],
      bands: [
        { family: "clock", start: ["bump-clock", "drift-clock"], stop: ["reset-clock"] },
        { family: "clock", start: ["strobe-clock"], stop: [] },
      ],
    };
  },
};
