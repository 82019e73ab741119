import { join } from "node:path";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { JepsenError } from "../errors.ts";
import { loadHistory } from "../history/json-lines.ts";
import { isNemesisProcess, type Op } from "../history/op.ts";
import { operations } from "../history/pairs.ts";
import type { RunRecord } from "../store/run-record.ts";
import { FILES, findRun, readRecord } from "../store/store.ts";
import { ofNamedRun } from "./recorded-run.ts";

/** What a run is repeated from: its record, and its faults as they came. */
export interface Replay {
  readonly record: RunRecord;
  readonly schedule: FaultSchedule | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The invocation's value with what it was resolved to (the grudge of "primaries", the nodes of "one"), where the completion says so. */
function resolved(invoke: Op, completion: Op | undefined): unknown {
  const [asked, answered] = [invoke.value, completion?.value];
  if (!isRecord(answered)) return asked;
  return !isRecord(asked) || Object.keys(asked).every((key) => key in answered) ? answered : asked;
}

/** The faults of a history's main phase, at their times after its first operation. */
export function scheduleOf(history: readonly Op[], timeLimitMs: number): FaultSchedule | undefined {
  const beginning = history[0]?.time ?? 0;
  const faults = operations(history.filter((op) => isNemesisProcess(op.process)));
  const main = faults.filter(
    ({ invoke, completion }) => invoke.time - beginning < timeLimitMs * 1e6 && completion?.type !== "fail",
  );
  if (main.length === 0) return undefined;
  return main.map(({ invoke, completion }) => ({
    at: (invoke.time - beginning) / 1e9,
    family: String(invoke.process).replace(/^nemesis:/, ""),
    f: invoke.f,
    value: resolved(invoke, completion),
    recorded: true,
  }));
}

/** Reads what is needed to repeat a stored run. Rejects with JepsenError "usage" when it is another suite's. */
export async function readReplay(store: string, run: string, suite: string): Promise<Replay> {
  const directory = await findRun(store, run);
  return ofNamedRun(() => replayOf(directory, run, suite));
}

async function replayOf(directory: string, run: string, suite: string): Promise<Replay> {
  const record = await readRecord(directory);
  if (record.suite !== suite)
    throw new JepsenError("usage", `${run} is a run of ${record.suite}, not of ${suite}: name that suite.`);
  const { history } = await loadHistory(join(directory, FILES.history));
  return { record, schedule: scheduleOf(history, Number(record.options.timeLimit) * 1000) };
}
