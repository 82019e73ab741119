/** Registers whose answers carry version numbers: the numbers put everything in order. */

import { sameValue } from "../../history/value.ts";
import type { Model, Structure, VersionedAction } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

/** What is known of one version; numbers of operations, -1 for none. */
interface NumberedVersion {
  readonly number: number;
  maker: number;
  swappedFrom: { readonly value: unknown } | undefined;
  readonly value: unknown;
  /** Operations that read it. */
  readonly reads: number[];
}

const AGAINST_TIME = "a later version was there before an earlier one";

/**
 * Whether a versioned history is linearizable; undefined when an operation does not fit, or when that depends on which
 * crashed operation made a version.
 *
 * Completed operations are in the order of their versions, the maker of a version before its reads. So the history is
 * linearizable only if no operation returned before one that comes earlier was invoked; and it is, when beyond that
 * every version that was seen has a maker, and every swap found the value of the version before its own: whatever else
 * is optional then need not have happened.
 */
export function checkNumberedVersions(
  model: Model,
  structure: Extract<Structure, { kind: "versions" }>,
  group: Group,
  times: Intervals,
): StructureOutcome | undefined {
  const known = new Map<number, NumberedVersion>();
  known.set(0, { number: 0, maker: -1, swappedFrom: undefined, value: null, reads: [] });
  /** By version, undefined where it is not known. */
  const optional = new Map<number | undefined, Optional[]>();
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.version === undefined || times.returned[number] === NEVER) {
      if (action.kind === "read") continue;
      const others = optional.get(action.version);
      if (others === undefined) optional.set(action.version, [{ number, action }]);
      else others.push({ number, action });
      continue;
    }
    const failed = note(known, action, action.version, number);
    if (failed !== undefined) return failed;
  }
  for (const version of known.values()) findMaker(version, optional);
  const versions = [...known.values()].sort((a, b) => a.number - b.number);
  const failed = order(versions, times);
  if (failed !== undefined) return failed;
  for (const [i, version] of versions.entries()) {
    const before = versions[i - 1];
    if (before === undefined) continue;
    const made = version.maker >= 0;
    const swapped = version.swappedFrom === undefined || sameValue(version.swappedFrom.value, before.value);
    if (made && swapped) continue;
    // What need not have happened may have made what is missing, if its own version lies there or is not known.
    const mayHelp = [...optional.keys()].some((own) => {
      if (own === undefined) return true;
      return made ? own > before.number && own < version.number : own === version.number;
    });
    if (mayHelp) return undefined;
    if (!made) return contradicts("nobody wrote the version that it saw", version.reads.slice(0, 1));
    const seen = [version, before].flatMap(({ maker, reads }) => [maker, ...reads.slice(0, 1)]);
    return contradicts("it found another value than the version before its own had", seen);
  }
  return HOLDS;
}

/** Adds an operation to its version; answers a contradiction within that version. */
function note(
  known: Map<number, NumberedVersion>,
  action: VersionedAction,
  number: number,
  operation: number,
): StructureOutcome | undefined {
  const version = known.get(number);
  const from = action.kind === "swap" ? { value: action.from } : undefined;
  const makes = action.kind !== "read";
  if (version === undefined) {
    known.set(number, {
      number,
      maker: makes ? operation : -1,
      swappedFrom: from,
      value: action.value,
      reads: makes ? [] : [operation],
    });
    return undefined;
  }
  const other = version.maker >= 0 ? version.maker : (version.reads[0] ?? -1);
  if (makes && number === 0) return contradicts("version 0 was there before everything", [operation]);
  if (!sameValue(version.value, action.value)) return contradicts("one version has two values", [operation, other]);
  if (makes && version.maker >= 0) return contradicts("both made the same version", [operation, version.maker]);
  if (makes) {
    version.maker = operation;
    version.swappedFrom = from;
  } else {
    version.reads.push(operation);
  }
  return undefined;
}

/** Something that changes the register, and need not have happened: it crashed, or is optional in a weakened group. */
interface Optional {
  readonly number: number;
  readonly action: VersionedAction;
}

/** A version that was read was made: by the only one that can have made it, if that is known to have made just it. */
function findMaker(version: NumberedVersion, optional: ReadonlyMap<number | undefined, readonly Optional[]>): void {
  if (version.maker >= 0 || version.reads.length === 0) return;
  const madeIt = ({ action }: Optional) => sameValue(action.value, version.value);
  const [only, ...others] = (optional.get(version.number) ?? []).filter(madeIt);
  if (only === undefined || others.length > 0 || optional.get(undefined)?.some(madeIt)) return;
  version.maker = only.number;
  version.swappedFrom = only.action.kind === "swap" ? { value: only.action.from } : undefined;
}

/** An operation that returned before one of an earlier version, or the maker of its own, was invoked. */
function order(versions: readonly NumberedVersion[], times: Intervals): StructureOutcome | undefined {
  let last = -1;
  let latest: readonly number[] = [];
  // `shownBy`: a read that shows that the operation happened, if it need not have.
  const pass = (operation: number, shownBy: number): void => {
    if ((times.invoked[operation] as number) <= last) return;
    last = times.invoked[operation] as number;
    latest = [operation, shownBy];
  };
  for (const { maker, reads } of versions) {
    if (maker >= 0) {
      if ((times.returned[maker] as number) < last) return contradicts(AGAINST_TIME, [maker, ...latest]);
      pass(maker, reads[0] ?? maker);
    }
    for (const read of reads) {
      if ((times.returned[read] as number) < last) return contradicts(AGAINST_TIME, [read, ...latest]);
    }
    for (const read of reads) pass(read, read);
  }
  return undefined;
}
