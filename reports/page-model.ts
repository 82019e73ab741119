/** Everything that the sections of the page show, worked out once from the input. */

import { isJepsenError } from "../src/errors.ts";
import { isClientOp } from "../src/history/op.ts";
import { type Operation, operations } from "../src/history/pairs.ts";
import { type Contradiction, contradictionsOf } from "./contradictions.ts";
import { faultsOfRun, type RunFaults } from "./fault-spans.ts";
import { type Judgement, judgementOf } from "./judgement.ts";
import type { ReportInput } from "./report-input.ts";
import { type ErrorKind, errorKindsOf, type Statistics, statisticsOf } from "./statistics.ts";

/** What the sections read. */
export interface PageModel {
  readonly input: ReportInput;
  readonly operations: readonly Operation[];
  /** Why the history could not be read as operations, if it could not. */
  readonly damage?: string;
  /** When the last event happened, nanoseconds since the start. */
  readonly endNs: number;
  readonly judgement: Judgement;
  readonly contradictions: readonly Contradiction[];
  readonly faults: RunFaults | undefined;
  readonly statistics: Statistics;
  readonly errors: readonly ErrorKind[];
  /** Independent keys that were touched. */
  readonly keyCount: number;
}

/** Works it all out. A history that contradicts itself (a process that does two things at once) is shown as damaged, never thrown. */
export async function pageModelOf(input: ReportInput): Promise<PageModel> {
  const { all, damage } = pairedOperations(input);
  const endNs = input.history.reduce((max, op) => Math.max(max, op.time), 0);
  const keys = new Set<string | number>();
  for (const op of input.history) if (op.key !== undefined && isClientOp(op)) keys.add(op.key);
  return {
    input,
    operations: all,
    ...(damage !== undefined && { damage }),
    endNs,
    judgement: judgementOf(input),
    contradictions: contradictionsOf(input.results, all),
    faults: damage === undefined ? await faultsOfRun(input, all, endNs) : undefined,
    statistics: statisticsOf(all),
    errors: errorKindsOf(all),
    keyCount: keys.size,
  };
}

function pairedOperations({ history }: ReportInput): { all: readonly Operation[]; damage?: string } {
  try {
    return { all: operations(history) };
  } catch (error) {
    if (!isJepsenError(error, "corrupt")) throw error;
    return { all: [], damage: error.message };
  }
}
