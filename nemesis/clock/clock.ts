import { listsProcesses } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage, Random } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { drawTargets, wrongTargets } from "../targets.ts";
import { CLOCK_KINDS, type ClockKind, clockFault } from "./clock-generator.ts";
import { ClockNemesis } from "./clock-nemesis.ts";
import { clockValues } from "./clock-value.ts";

function list(context: FaultContext, option: string): readonly string[] | undefined {
  return context.options[option] as readonly string[] | undefined;
}

/** Whose clocks are shifted: as `--clock-targets` says, or any nodes. */
function draw(context: FaultContext, nodes: readonly string[], random: Random): readonly string[] {
  const kinds = list(context, "clockTargets");
  if (!kinds) return random.nonemptySubset(nodes);
  return drawTargets(random.pick(kinds), nodes, random).nodes ?? [];
}

function cannot(context: FaultContext): string | undefined {
  if (!listsProcesses(context.db)) {
    return "The fault clock needs a system that lists its processes, and this one does not.";
  }
  const unknown = list(context, "clock")?.find((kind) => !(CLOCK_KINDS as readonly string[]).includes(kind));
  if (unknown !== undefined) return `--clock takes ${CLOCK_KINDS.join(", ")}, not "${unknown}".`;
  // Each node gets a shift of its own, drawn before the fault begins.
  const late = list(context, "clockTargets")?.find((kind) => kind.includes("primaries"));
  if (late !== undefined) return `--clock-targets cannot be ${late}: whose clock is shifted is drawn beforehand.`;
  return wrongTargets("clock-targets", list(context, "clockTargets"), context);
}

/** Wrong clocks: jumps, drifts and strobes of the database's wall clock on some nodes. */
export const clockFamily: FaultFamily = {
  name: "clock",
  summary: "makes the clocks of some nodes wrong (bump, strobe, drift)",
  cannot,
  make(context): NemesisPackage {
    const { intervalMs } = context;
    const kinds = (list(context, "clock") ?? CLOCK_KINDS) as readonly ClockKind[];
    const lasting = kinds.filter((kind) => kind !== "strobe");
    // A strobe holds the lane no longer than the next fault would wait anyway.
    const oneOf =
      (some: readonly ClockKind[]): GeneratorLike =>
      (test, { random }) =>
        clockFault(random.pick(some), draw(context, test.nodes, random), random, intervalMs);
    // A lasting fault, then another one on top of it, then the truth.
    const turns = [oneOf(lasting.length > 0 ? lasting : kinds), oneOf(kinds), { f: "reset-clock" }];
    return {
      name: "clock",
      nemesis: new ClockNemesis(),
      generator: rhythm(intervalMs, turns),
      // The first tells whether the last fault had lasted; the second proves that all clocks are true in any case.
      finalGenerator: [{ f: "reset-clock" }, { f: "reset-clock" }],
      values: clockValues(context.nodes),
      bands: [
        { family: "clock", start: ["bump-clock", "drift-clock"], stop: ["reset-clock"] },
        { family: "clock", start: ["strobe-clock"], stop: [] },
      ],
    };
  },
};
