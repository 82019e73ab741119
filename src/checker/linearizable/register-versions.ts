/** The versions of a register whose written values are distinct. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, type StructureOutcome } from "./structure-outcome.ts";
import { newVersions, noteRead, type Versions } from "./zones.ts";

/** The register's operations by what they do; keys of values. */
interface Accesses {
  /** By value: who made it; -1 for the initial value. */
  readonly makers: Map<unknown, number>;
  readonly reads: { readonly number: number; readonly key: unknown }[];
  /** By swap: what it found. */
  readonly swaps: Map<number, unknown>;
}

/**
 * The versions of a register history; or that it contradicts itself already; or undefined when the values are not
 * distinct, or an operation does not fit.
 *
 * Crashed makers whose value nobody saw are left out: they may never have happened, and nothing depends on them. Those
 * whose value was seen did happen.
 */
export function registerVersions(
  model: Model,
  structure: Extract<Structure, { kind: "register" }>,
  group: Group,
  times: Intervals,
): Versions | StructureOutcome | undefined {
  const initial = valueKey(structure.initial ?? null);
  const accesses = readAccesses(model, structure, group, initial);
  if (accesses === undefined) return undefined;
  const { makers, reads } = accesses;
  const shownBy = shownCrashes(times, accesses);
  const versions = newVersions(makers.size, shownBy);
  const versionOf = new Map<unknown, number>([[initial, 0]]);
  for (const [key, maker] of makers) {
    if (maker < 0 || (times.returned[maker] === NEVER && !shownBy.has(maker))) continue;
    versions.maker[versions.count] = maker;
    versionOf.set(key, versions.count++);
  }
  const failed = linkSwaps(versions, versionOf, accesses);
  if (failed !== undefined) return failed;
  for (const { number, key } of reads) {
    const version = versionOf.get(key);
    if (version === undefined) return contradicts("nobody wrote the value that it saw", [number]);
    noteRead(versions, version, number, times);
  }
  return versions;
}

function readAccesses(
  model: Model,
  structure: Extract<Structure, { kind: "register" }>,
  group: Group,
  initial: unknown,
): Accesses | undefined {
  const makers = new Map<unknown, number>([[initial, -1]]);
  const reads: { number: number; key: unknown }[] = [];
  const swaps = new Map<number, unknown>();
  const size = groupSize(group);
  for (let number = 0; number < size; number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    const key = valueKey(action.value);
    if (action.kind === "read") {
      reads.push({ number, key });
    } else {
      if (makers.has(key)) return undefined;
      makers.set(key, number);
      if (action.kind === "swap") swaps.set(number, valueKey(action.from));
    }
  }
  return { makers, reads, swaps };
}

/** Joins what swaps found with what they made. Two swaps of one value contradict each other: it was there only once. */
function linkSwaps(
  versions: Versions,
  versionOf: ReadonlyMap<unknown, number>,
  { swaps }: Accesses,
): StructureOutcome | undefined {
  for (let version = 1; version < versions.count; version++) {
    const maker = versions.maker[version] as number;
    if (!swaps.has(maker)) continue;
    const shown = versions.shownBy.get(maker) ?? maker;
    const parent = versionOf.get(swaps.get(maker));
    if (parent === undefined) return contradicts("nobody wrote the value that was swapped", [shown]);
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

/** Crashed makers that must have happened, each with an operation that shows it: a read, or a swap that found its value. */
function shownCrashes(times: Intervals, { makers, reads, swaps }: Accesses): Map<number, number> {
  const shownBy = new Map<number, number>();
  const isCrashed = (number: number) => times.returned[number] === NEVER;
  const show = (key: unknown, by: number): void => {
    // A crashed swap that was seen shows that what it found was there, and so on.
    for (let maker = makers.get(key); maker !== undefined && maker >= 0; ) {
      if (!isCrashed(maker) || shownBy.has(maker)) return;
      shownBy.set(maker, by);
      maker = swaps.has(maker) ? makers.get(swaps.get(maker)) : undefined;
    }
  };
  for (const { number, key } of reads) show(key, number);
  for (const [number, from] of swaps) if (!isCrashed(number)) show(from, number);
  return shownBy;
}
