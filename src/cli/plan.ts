import { FAMILIES, type FaultContext } from "../../nemesis/index.ts";
import { type FaultSchedule, scheduled } from "../../nemesis/schedule.ts";
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
  readonly schedule?: FaultSchedule;
  /** Told about each fault that is left out because of `--nemesis-missing skip`. */
  readonly onSkip?: (sentence: string) => void;
}

function packagesFor(input: PlanInput, context: SuiteContext, db: Db | undefined): readonly NemesisPackage[] {
  const own = input.suite.faults?.(context, db) ?? [];
  const clash = own.find((each) => FAMILIES.has(each.name));
  if (clash)
    throw new JepsenError(
      "usage",
      `Suite ${input.suite.name} brings a fault family "${clash.name}", a name that is taken: rename it.`,
    );
  return input.nemesis.flatMap((name) => {
    const family = FAMILIES.get(name);
    if (!family) {
      const found = own.find((each) => each.name === name);
      if (found) return found;
      const known = [...FAMILIES.keys(), ...own.map((each) => each.name)].join(", ");
      throw new JepsenError("usage", `There is no fault family "${name}": choose from ${known}, or none.`);
    }
    if (input.suite.cluster === "none")
      throw new JepsenError(
        "usage",
        `Suite ${input.suite.name} runs without nodes: fault "${name}" has nothing to strike.`,
      );
    const intervalMs = intervalSeconds(name, input.options) * 1000;
    const faultContext: FaultContext = { nodes: input.nodes, db, options: input.options, intervalMs };
    const reason = family.cannot(faultContext);
    if (reason === undefined) return family.make(faultContext);
    if (input.options.nemesisMissing !== "skip") throw new JepsenError("usage", reason);
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
  const made = packagesFor(input, context, db);
  const packages = input.schedule ? scheduled(made, input.schedule) : made;
  return assemble(input.suite, workloadName, context, db, packages);
}
