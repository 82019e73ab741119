/** The versions of a register whose written values are distinct. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { NumberByKey } from "./number-by-key.ts";
import { contradicts, type StructureOutcome } from "./structure-outcome.ts";
import { newVersions, noteRead, type Versions } from "./zones.ts";

/** The register's operations by what they do; keys of values. */
interface Accesses {
  /** By value: who made it; -1 for the initial value. */
  readonly makerOf: NumberByKey;
  /** Operations that made a value. */
  readonly makers: readonly number[];
  /** Operations that read, and what each of them saw. */
  readonly reads: readonly number[];
  readonly seen: readonly unknown[];
  /** By swap: what it found. */
  readonly swaps: Map<number, unknown>;
  /** Whether some maker need not have happened. */
  readonly hasOptional: boolean;
}

/**
 * The versions of a register history; or that it contradicts itself already; or undefined when the values are not
 * distinct, or an operation does not fit.
 *
 * Optional makers whose value nobody saw are left out: they may never have happened, and nothing depends on them. Those
 * whose value was seen did happen.
 */
export function registerVersions(
  model: Model,
  structure: Extract<Structure, { kind: "register" }>,
  group: Group,
  times: Intervals,
): Versions | StructureOutcome | undefined {
  const accesses = readAccesses(model, structure, group, times);
  if (accesses === undefined) return undefined;
  const { makerOf, makers, reads, seen } = accesses;
  const shownBy = shownOptional(times, accesses);
  const versions = newVersions(1 + makers.length, shownBy);
  const versionBy = new Int32Array(groupSize(group)).fill(-1);
  for (const maker of makers) {
    if (times.returned[maker] === NEVER && !shownBy.has(maker)) continue;
    versions.maker[versions.count] = maker;
    versionBy[maker] = versions.count++;
  }
  const versionOf = (key: unknown): number => {
    const maker = makerOf.get(key);
    return maker === undefined ? -1 : maker < 0 ? 0 : (versionBy[maker] as number);
  };
  const failed = linkSwaps(versions, versionOf, accesses);
  if (failed !== undefined) return failed;
  for (let i = 0; i < reads.length; i++) {
    const version = versionOf(seen[i]);
    if (version < 0) return contradicts("nobody wrote the value that it saw", [reads[i] as number]);
    noteRead(versions, version, reads[i] as number, times);
  }
  return versions;
}

function readAccesses(
  model: Model,
  structure: Extract<Structure, { kind: "register" }>,
  group: Group,
  times: Intervals,
): Accesses | undefined {
  const makerOf = new NumberByKey(groupSize(group));
  makerOf.add(valueKey(structure.initial ?? null), -1);
  const makers: number[] = [];
  const reads: number[] = [];
  const seen: unknown[] = [];
  const swaps = new Map<number, unknown>();
  let hasOptional = false;
  const size = groupSize(group);
  for (let number = 0; number < size; number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    const key = valueKey(action.value);
    if (action.kind === "read") {
      reads.push(number);
      seen.push(key);
      continue;
    }
    if (!makerOf.add(key, number)) return undefined;
    makers.push(number);
    if (action.kind === "swap") swaps.set(number, valueKey(action.from));
    if (times.returned[number] === NEVER) hasOptional = true;
  }
  return { makerOf, makers, reads, seen, swaps, hasOptional };
}

/** Joins what swaps found with what they made. Two swaps of one value contradict each other: it was there only once. */
function linkSwaps(
  versions: Versions,
  versionOf: (key: unknown) => number,
  { swaps }: Accesses,
): StructureOutcome | undefined {
  for (let version = 1; version < versions.count && swaps.size > 0; version++) {
    const maker = versions.maker[version] as number;
    if (!swaps.has(maker)) continue;
    const shown = versions.shownBy.get(maker) ?? maker;
    const parent = versionOf(swaps.get(maker));
    if (parent < 0) return contradicts("nobody wrote the value that was swapped", [shown]);
    const rival = versions.next[parent] as number;
    if (rival >= 0) {
      const rivalMaker = versions.maker[rival] as number;
      const rivalShown = versions.shownBy.get(rivalMaker) ?? rivalMaker;
      return contradicts("a value that was written only once was swapped for two others", [shown, rivalShown]);
    }
    versions.next[parent] = version;
    versions.hasParent[version] = 1;
  }
  return undefined;
}

/** Optional makers that must have happened, each with an operation that shows it: a read, or a swap that found its value. */
function shownOptional(times: Intervals, { makerOf, reads, seen, swaps, hasOptional }: Accesses): Map<number, number> {
  const shownBy = new Map<number, number>();
  if (!hasOptional) return shownBy;
  const isOptional = (number: number) => times.returned[number] === NEVER;
  const show = (key: unknown, by: number): void => {
    // An optional swap that was seen shows that what it found was there, and so on.
    for (let maker = makerOf.get(key); maker !== undefined && maker >= 0; ) {
      if (!isOptional(maker) || shownBy.has(maker)) return;
      shownBy.set(maker, by);
      maker = swaps.has(maker) ? makerOf.get(swaps.get(maker)) : undefined;
    }
  };
  for (let i = 0; i < reads.length; i++) show(seen[i], reads[i] as number);
  for (const [number, from] of swaps) if (!isOptional(number)) show(from, number);
  return shownBy;
}
