import type { Evidence, Op } from "../history/op.ts";
import { isNemesisProcess } from "../history/op.ts";
import { type Operation, operations } from "../history/pairs.ts";
import type { Band, Checker, History, Result, Verdict } from "../test.ts";

/**
 * How a fault operation ended. proven: ok, and its evidence shows the effect · unproven: ok without such evidence ·
 * skipped: fail, nothing was done · indeterminate: info, or never completed.
 */
export type FaultOutcome = "proven" | "unproven" | "skipped" | "indeterminate";

/** How often fault operations ended in which way. */
export type FaultCounts = Readonly<Record<FaultOutcome, number>>;

/** A span of time in which a fault was, or may have been, in force. Times in nanoseconds since the start of the run. */
export interface FaultBand {
  readonly family: string;
  /** The operation that installed it. */
  readonly f: string;
  readonly value: unknown;
  readonly startIndex: number;
  /** When its installation began. */
  readonly startTime: number;
  /** When its installation had ended; absent if that is not recorded. */
  readonly installedTime?: number;
  /** When its undoing had ended; for faults that are points in time, when the operation had. Absent: never undone. */
  readonly endTime?: number;
  /** How its installation ended; indeterminate also when it was proven, but the undoing could not say that it had lasted. */
  readonly install: FaultOutcome;
  /** Absent when it was never undone, and for faults that are points in time. */
  readonly undo?: FaultOutcome;
  /** Measured after the installation, and after the undoing. */
  readonly evidence?: Evidence;
  readonly undoEvidence?: Evidence;
}

/** What became of one family. */
export interface FamilyFaults {
  readonly valid: Verdict;
  readonly requested: boolean;
  readonly installs: FaultCounts;
  readonly undos: FaultCounts;
  /** Why it is not satisfied. */
  readonly reason?: string;
}

/** What `faults` answers. */
export interface FaultsResult extends Result {
  readonly families: Readonly<Record<string, FamilyFaults>>;
  /** In the order of their beginning, of all families. */
  readonly bands: readonly FaultBand[];
}

/**
 * Whether the faults that were asked for happened. A requested family is satisfied by one proven installation that
 * lasted (an undoing that is indeterminate does not say so, unless its evidence does), and by a proven undoing after
 * everything of it that may have taken hold (where it can be undone at all); skipped and indeterminate ones beside that
 * are counted and lower nothing. A family that is not satisfied makes it "unknown": the run did not test what it was
 * meant to test. Never false.
 */
export function faults(options: { readonly bands: readonly Band[]; readonly requested: readonly string[] }): Checker {
  const requested = new Set(options.requested);
  const names = new Set([...requested, ...options.bands.map((band) => band.family)]);
  return {
    async check(_test, history): Promise<FaultsResult> {
      const families: Record<string, FamilyFaults> = {};
      const bands: FaultBand[] = [];
      const byBand = assign(history, options.bands);
      for (const family of names) {
        const own = options.bands.filter((band) => band.family === family);
        const tracks = own.map((band) => track(band, byBand.get(band) ?? []));
        for (const { spans } of tracks) bands.push(...spans);
        const installs = sum(tracks.map((each) => each.installs));
        const undos = sum(tracks.map((each) => each.undos));
        const reason = reasonAgainst(
          installs,
          undos,
          tracks.some((each) => each.undone === false),
        );
        families[family] = {
          valid: reason === undefined || !requested.has(family) ? true : "unknown",
          requested: requested.has(family),
          installs,
          undos,
          ...(reason === undefined ? {} : { reason }),
        };
      }
      bands.sort((a, b) => a.startIndex - b.startIndex);
      const failed = Object.entries(families).filter(([, { valid }]) => valid !== true);
      return {
        valid: failed.length === 0 ? true : "unknown",
        summary: sentence(families, failed),
        families,
        bands,
      };
    },
  };
}

/** Which fault operations belong to which band: by name, and where two families share a name, by lane. */
function assign(history: History, bands: readonly Band[]): Map<Band, Operation[]> {
  const byName = new Map<string, Band[]>();
  for (const band of bands) {
    for (const f of new Set([...band.start, ...band.stop])) byName.set(f, [...(byName.get(f) ?? []), band]);
  }
  const assigned = new Map<Band, Operation[]>();
  for (const operation of operations(history.filter((op) => isNemesisProcess(op.process)))) {
    const candidates = byName.get(operation.invoke.f) ?? [];
    const lane = String(operation.invoke.process).slice("nemesis:".length);
    const inLane = candidates.filter((band) => band.family === lane);
    for (const band of inLane.length > 0 ? inLane : candidates) {
      const list = assigned.get(band);
      if (list === undefined) assigned.set(band, [operation]);
      else list.push(operation);
    }
  }
  return assigned;
}

type Span = { -readonly [Name in keyof FaultBand]: FaultBand[Name] };

interface Track {
  readonly spans: readonly FaultBand[];
  readonly installs: FaultCounts;
  readonly undos: FaultCounts;
  /** Whether a proven undoing came after all that may have taken hold; undefined for points in time and when nothing may have. */
  readonly undone: boolean | undefined;
}

/** Follows one band through its operations in their order. */
function track(band: Band, all: readonly Operation[]): Track {
  const installs = newCounts();
  const undos = newCounts();
  const spans: Span[] = [];
  let open: Span[] = [];
  let undone: boolean | undefined;
  for (const operation of all) {
    const outcome = outcomeOf(operation.completion);
    if (band.start.includes(operation.invoke.f)) {
      installs[outcome]++;
      if (outcome === "skipped") continue;
      const span = newSpan(band, operation, outcome);
      spans.push(span);
      if (band.stop.length === 0) continue;
      open.push(span);
      undone = false;
    } else {
      undos[outcome]++;
      if (outcome === "skipped") continue;
      for (const span of open) {
        endSpan(span, operation, outcome);
        // an undoing measures first whether the fault is still in force: if it is not, or if the undoing broke before
        // it could say so, nobody knows whether the installation lasted
        const isLasting = outcome !== "indeterminate" || operation.completion?.evidence?.proven === true;
        if (!isLasting && span.install === "proven") {
          span.install = "indeterminate";
          installs.proven--;
          installs.indeterminate++;
        }
      }
      open = [];
      if (undone === undefined) continue;
      // An undoing without proof after a proven one means that the fault was measured to be in force still.
      if (outcome === "proven") undone = true;
      else if (outcome === "unproven") undone = false;
    }
  }
  return { spans, installs, undos, undone };
}

function newSpan(band: Band, { invoke, completion }: Operation, install: FaultOutcome): Span {
  const span: Span = {
    family: band.family,
    f: invoke.f,
    value: completion?.value ?? invoke.value,
    startIndex: invoke.index,
    startTime: invoke.time,
    install,
  };
  if (completion !== undefined) span.installedTime = completion.time;
  if (completion?.evidence !== undefined) span.evidence = completion.evidence;
  if (band.stop.length === 0 && completion !== undefined) span.endTime = completion.time;
  return span;
}

function endSpan(span: Span, { completion }: Operation, undo: FaultOutcome): void {
  span.undo = undo;
  if (completion !== undefined) span.endTime = completion.time;
  if (completion?.evidence !== undefined) span.undoEvidence = completion.evidence;
}

function outcomeOf(completion: Op | undefined): FaultOutcome {
  if (completion === undefined || completion.type === "info") return "indeterminate";
  if (completion.type === "fail") return "skipped";
  return completion.evidence?.proven === true ? "proven" : "unproven";
}

function reasonAgainst(installs: FaultCounts, undos: FaultCounts, left: boolean): string | undefined {
  if (installs.proven === 0) {
    const tried = describe(installs);
    return tried === "" ? "it was never tried" : `it was never proven to have taken hold (${tried})`;
  }
  if (!left) return undefined;
  const tried = describe(undos);
  return `it was never proven undone at the end (${tried === "" ? "no undoing was tried" : `undone: ${tried}`})`;
}

function sentence(families: FaultsResult["families"], failed: readonly (readonly [string, FamilyFaults])[]): string {
  if (failed.length > 0) return failed.map(([family, { reason }]) => `Fault ${family}: ${reason}.`).join(" ");
  const requested = Object.entries(families).filter(([, family]) => family.requested);
  if (requested.length === 0) return "No fault was asked for.";
  return requested.map(([family, { installs }]) => `Fault ${family}: ${describe(installs)}.`).join(" ");
}

/** `3 proven, 1 skipped`, or nothing. */
function describe(counts: FaultCounts): string {
  return (["proven", "unproven", "indeterminate", "skipped"] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
    .join(", ");
}

function newCounts(): Record<FaultOutcome, number> {
  return { proven: 0, unproven: 0, skipped: 0, indeterminate: 0 };
}

function sum(all: readonly FaultCounts[]): FaultCounts {
  const total = newCounts();
  for (const counts of all) {
    for (const outcome of Object.keys(total) as FaultOutcome[]) total[outcome] += counts[outcome];
  }
  return total;
}
