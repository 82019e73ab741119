import { FAMILIES, type FaultContext } from "../../nemesis/index.ts";
import { type FaultSchedule, scheduled } from "../../nemesis/schedule.ts";
import { alternating, inTime, oneOfEach, type Turns, turnOf } from "../../nemesis/turns.ts";
import { type Assembly, assemble, chooseWorkload } from "../assemble.ts";
import { JepsenError } from "../errors.ts";
import type { Db, NemesisPackage, Options, Suite, SuiteContext } from "../test.ts";
import { intervalSeconds } from "./family-options.ts";

/** What is known of a test before any node is touched; the same from flags and from test.json. */
export interface PlanInput {
  readonly suite: Suite;
  readonly workload: string | undefined;
  readonly nemesis: readonly string[];
  readonly nodes: readonly string[];
  readonly concurrency: number;
  readonly options: Options;
  /** When faults come. Left out where none will, since the run is over and only judged: its faults were possible. */
  readonly schedule?: FaultSchedule | Turns | undefined;
  /** Told about each fault that is left out because of `--nemesis-missing skip`. */
  readonly onSkip?: (sentence: string) => void;
}

/** Families whose damage cannot be undone: not among `all`. */
const FOR_GOOD: ReadonlySet<string> = new Set(["files"]);

/** Whether `--nemesis` with these names asks for a family that comes with the program. */
export function asksFor(names: readonly string[], family: string): boolean {
  return names.includes(family) || (names.includes("all") && !FOR_GOOD.has(family));
}

function timeLimit({ options }: PlanInput): number {
  return Number(options.timeLimit);
}

/** The packages, with their operations when the schedule wants them. */
function inTurns(made: readonly NemesisPackage[], input: PlanInput): readonly NemesisPackage[] {
  switch (input.schedule) {
    case undefined:
      return made;
    case "random":
      return inTime(made, timeLimit(input));
    case "alternating":
      return alternating(made, Number(input.options.nemesisPeriod), timeLimit(input));
    case "one-of-each":
      return oneOfEach(made, turnOf(made.length, timeLimit(input)).seconds);
    default:
      return scheduled(made, input.schedule, timeLimit(input));
  }
}

/** A family of a suite's own; without a band that installs it, no operation could ever count as this fault. */
function judgeable(own: NemesisPackage): NemesisPackage {
  if (own.bands.some(({ family, start }) => family === own.name && start.length > 0)) return own;
  throw new JepsenError(
    "usage",
    `The fault family "${own.name}" has no band of its own name that says which operations install it: add { family: "${own.name}", start: [...], stop: [...] } to its bands.`,
  );
}

function packagesFor(input: PlanInput, context: SuiteContext, db: Db | undefined): readonly NemesisPackage[] {
  const own = input.suite.faults?.(context, db) ?? [];
  const clash = own.find((each) => FAMILIES.has(each.name));
  if (clash)
    throw new JepsenError(
      "usage",
      `Suite ${input.suite.name} brings a fault family "${clash.name}", a name that is taken: rename it.`,
    );
  const isAll = input.nemesis.includes("all");
  const builtIn = input.suite.cluster === "none" ? [] : [...FAMILIES.keys()].filter((name) => asksFor(["all"], name));
  const every = [...builtIn, ...own.map((each) => each.name)];
  const names = new Set(input.nemesis.flatMap((name) => (name === "all" ? every : [name])));
  const turn = input.schedule === "one-of-each" ? turnOf(names.size, timeLimit(input)) : undefined;
  return [...names].flatMap((name) => {
    const family = FAMILIES.get(name);
    const found = own.find((each) => each.name === name);
    if (!family && !found) {
      const known = [...FAMILIES.keys(), ...own.map((each) => each.name)].join(", ");
      throw new JepsenError("usage", `There is no fault family "${name}": choose from ${known}, all, or none.`);
    }
    if (family && input.suite.cluster === "none")
      throw new JepsenError(
        "usage",
        `Suite ${input.suite.name} runs without nodes: fault "${name}" has nothing to strike.`,
      );
    const intervalMs = (turn?.intervalSeconds ?? intervalSeconds(name, input.options)) * 1000;
    const faultContext: FaultContext = { nodes: input.nodes, db, options: input.options, intervalMs };
    const impossible = found && "cannot" in found ? found.cannot : undefined;
    const reason = input.schedule === undefined ? impossible : (impossible ?? family?.cannot(faultContext));
    if (reason === undefined) return family ? family.make(faultContext) : judgeable(found as NemesisPackage);
    const isNamed = input.nemesis.includes(name) || !isAll;
    if (isNamed && input.options.nemesisMissing !== "skip") throw new JepsenError("usage", reason);
    input.onSkip?.(`${reason} The fault ${name} is left out.`);
    return [];
  });
}

/** `--nemesis`, without doubles; "none" stands alone. Throws JepsenError "usage". */
export function nemesisNames(asked: readonly string[]): readonly string[] {
  const names = [...new Set(asked)];
  if (!names.includes("none")) return names;
  if (names.length > 1) throw new JepsenError("usage", "--nemesis none cannot be combined with faults.");
  return [];
}

/** Puts the parts of a test together. Throws JepsenError "usage" for whatever does not fit. */
export function makePlan(input: PlanInput): Assembly {
  const { nodes, concurrency, options } = input;
  const workloadName = chooseWorkload(input.suite, input.workload, options);
  const context: SuiteContext = { nodes, concurrency, options, workload: workloadName };
  const db = input.suite.db?.(context);
  return assemble(input.suite, workloadName, context, db, inTurns(packagesFor(input, context, db), input));
}
