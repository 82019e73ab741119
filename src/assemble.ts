import { hasLogFiles, listsProcesses } from "./abilities.ts";
import { compose } from "./checker/compose.ts";
import { crashes } from "./checker/crashes.ts";
import { faults } from "./checker/faults.ts";
import { perf } from "./checker/perf.ts";
import { recovery } from "./checker/recovery.ts";
import { stats } from "./checker/stats.ts";
import { unhandledErrors } from "./checker/unhandled.ts";
import { JepsenError } from "./errors.ts";
import type { Checker, Db, NemesisPackage, Suite, SuiteContext, Workload } from "./test.ts";

/** What a suite and its options come to: the parts of a Test that need no node. */
export interface Assembly {
  readonly workloadName: string;
  readonly workload: Workload;
  readonly db?: Db;
  readonly packages: readonly NemesisPackage[];
  readonly checker: Checker;
}

/** The workload's name: the one asked for, or the suite's default. Throws JepsenError "usage" for a name that the suite does not have. */
export function chooseWorkload(suite: Suite, asked: string | undefined, options: SuiteContext["options"]): string {
  const names = Object.keys(suite.workloads);
  const chosen =
    asked ??
    (typeof suite.defaultWorkload === "function" ? suite.defaultWorkload(options) : suite.defaultWorkload) ??
    names[0];
  if (chosen === undefined || !names.includes(chosen)) {
    throw new JepsenError("usage", `Suite ${suite.name} has no workload "${chosen}": choose from ${names.join(", ")}.`);
  }
  return chosen;
}

/**
 * Puts a suite's parts together. A run and a later `analyze` both do it from the same record, so that the two cannot
 * judge differently.
 */
export function assemble(
  suite: Suite,
  workloadName: string,
  context: SuiteContext,
  db: Db | undefined,
  packages: readonly NemesisPackage[],
): Assembly {
  const workload = suite.workloads[workloadName]?.(context);
  if (!workload) throw new JepsenError("usage", `Suite ${suite.name} has no workload "${workloadName}".`);
  const { mayNeverSucceed } = workload;
  const [processes, logs] = [listsProcesses(db), hasLogFiles(db)];
  const checker = compose({
    stats: stats(mayNeverSucceed ? { mayNeverSucceed } : {}),
    unhandled: unhandledErrors(),
    faults: faults({ bands: packages.flatMap((each) => each.bands), requested: packages.map((each) => each.name) }),
    ...(packages.length > 0 && workload.finalGenerator !== undefined ? { recovery: recovery() } : {}),
    ...(processes || logs ? { crashes: crashes({ processes, logs }) } : {}),
    perf: perf(),
    workload: workload.checker, // last: what the others leave of the time is its own
  });
  return { workloadName, workload, ...(db ? { db } : {}), packages, checker };
}
