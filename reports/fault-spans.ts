/** The faults of a run, as the `faults` checker sees them, made ready to be drawn and told. */

import { type FaultBand, type FaultOutcome, type FaultsResult, faults } from "../src/checker/faults.ts";
import { isNemesisProcess, type Op } from "../src/history/op.ts";
import type { Operation } from "../src/history/pairs.ts";
import type { ReportInput } from "./report-input.ts";
import { durationText, momentText } from "./units.ts";
import { faultText } from "./value-text.ts";

/** A fault over time. */
export interface FaultSpan {
  readonly band: FaultBand;
  readonly family: string;
  /** The number of the family's colour, from 0; colours repeat after 6. */
  readonly colour: number;
  /** Nanoseconds, from before it was installed until after it was undone, or until the history ends. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly proven: boolean;
  /** What it was, in a few words: `partition n1 | n2 n3`. */
  readonly label: string;
  /** All of it in a line, for a tooltip. */
  readonly title: string;
}

/** A fault that was not installed: refused, with the reason. */
export interface SkippedFault {
  readonly op: Op;
  readonly reason: string;
}

/** The faults of a run. */
export interface RunFaults {
  readonly result: FaultsResult;
  readonly spans: readonly FaultSpan[];
  readonly skipped: readonly SkippedFault[];
}

const FAMILY_COLOURS = 6;
const LABEL_CHARS_MAX = 120;

/** What an outcome means, for people. */
export const OUTCOME_TEXT: Readonly<Record<FaultOutcome, string>> = {
  proven: "proven",
  unproven: "not proven",
  indeterminate: "indeterminate",
  skipped: "skipped",
};

/** Runs the `faults` checker on the stored history, so that what is drawn is what was judged. */
export async function faultsOfRun(
  input: ReportInput,
  operations: readonly Operation[],
  endNs: number,
): Promise<RunFaults> {
  const { record, history, bands } = input;
  const checker = faults({ bands, requested: record.nemesis });
  const context = { ...record, directory: input.directory };
  const budget = { timeMs: Number.POSITIVE_INFINITY, memoryBytes: Number.POSITIVE_INFINITY };
  const result = (await checker.check(context, history, budget)) as FaultsResult;
  const families = [...new Set(result.bands.map((band) => band.family))];
  const spans = result.bands.map((band): FaultSpan => {
    const fromNs = band.startTime;
    const toNs = Math.max(fromNs, band.endTime ?? endNs);
    const what = faultText(band.value, LABEL_CHARS_MAX);
    const label = what === "" ? band.family : `${band.family} ${what}`;
    const until = band.endTime === undefined ? "never undone" : `for ${durationText(toNs - fromNs)}`;
    return {
      band,
      family: band.family,
      colour: families.indexOf(band.family) % FAMILY_COLOURS,
      fromNs,
      toNs,
      proven: band.install === "proven",
      label,
      title: `${label}: from ${momentText(fromNs)}, ${until}, ${OUTCOME_TEXT[band.install]}`,
    };
  });
  // An undo that finds nothing to undo is skipped too, but that is nothing to tell.
  const undos = new Set(bands.flatMap(({ stop }) => stop));
  const skipped = operations.flatMap(({ invoke, completion }): SkippedFault[] => {
    if (!isNemesisProcess(invoke.process) || completion?.type !== "fail" || undos.has(invoke.f)) return [];
    return [{ op: invoke, reason: completion.error?.message ?? completion.error?.code ?? "no reason was given" }];
  });
  return { result, spans, skipped };
}

/** Spans that are told by name in a sentence. */
const TOLD_MAX = 4;

/** Which faults were in force at some time from `fromNs` to `toNs`, or, if none was, when the nearest ones were. */
export function faultsAround({ spans }: Pick<RunFaults, "spans">, fromNs: number, toNs: number): string {
  if (spans.length === 0) return "No fault was in force during the whole run.";
  const meanwhile = spans.filter((span) => span.fromNs <= toNs && span.toNs >= fromNs);
  if (meanwhile.length > 0) {
    const told = meanwhile.slice(0, TOLD_MAX).map((span) => span.title);
    const more = meanwhile.length > TOLD_MAX ? `; and ${meanwhile.length - TOLD_MAX} more` : "";
    return `In force meanwhile: ${told.join("; ")}${more}.`;
  }
  const [before] = spans.filter((span) => span.toNs < fromNs).sort((a, b) => b.toNs - a.toNs);
  if (before)
    return `No fault was in force then. The last one, ${before.label}, had ended at ${momentText(before.toNs)}.`;
  const first = spans.reduce((one, other) => (other.fromNs < one.fromNs ? other : one));
  return `This was before the first fault: ${first.label} came at ${momentText(first.fromNs)}.`;
}
