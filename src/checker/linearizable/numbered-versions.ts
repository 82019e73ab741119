/** Registers whose answers carry version numbers: the numbers put everything in order. */

import { sameValue } from "../../history/value.ts";
import type { Model, Structure, VersionedAction } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import type { Intervals } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

/** What is known of one version. */
interface NumberedVersion {
  readonly number: number;
  maker: number;
  swappedFrom: { readonly value: unknown } | undefined;
  value: unknown;
  /** Operations that read it. */
  readonly reads: number[];
}

/**
 * Whether a versioned history is linearizable; undefined when an operation does not fit, or when that depends on which
 * crashed operation made a version.
 *
 * Completed operations are in the order of their versions, the maker of a version before its reads. So the history is
 * linearizable only if no operation returned before one that comes earlier was invoked; and it is, when beyond that
 * every version that was seen has a completed maker, and every swap found the value of the version before its own:
 * crashed operations then need not have happened.
 */
export function checkNumberedVersions(
  model: Model,
  structure: Extract<Structure, { kind: "versions" }>,
  group: Group,
  times: Intervals,
): StructureOutcome | undefined {
  const known = new Map<number, NumberedVersion>();
  known.set(0, { number: 0, maker: -1, swappedFrom: undefined, value: null, reads: [] });
  let crashed = false;
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.version === undefined) {
      crashed = true;
      continue;
    }
    const failed = note(known, action, action.version, number);
    if (failed !== undefined) return failed;
  }
  const versions = [...known.values()].sort((a, b) => a.number - b.number);
  const failed = order(versions, times);
  if (failed !== undefined) return failed;
  for (const [i, version] of versions.entries()) {
    const before = versions[i - 1];
    const made = before === undefined || version.maker >= 0;
    const swapped = version.swappedFrom === undefined || sameValue(version.swappedFrom.value, before?.value);
    if (made && swapped) continue;
    // A crashed operation may have made what is missing.
    if (crashed) return undefined;
    const seen = [version, before as NumberedVersion].flatMap(({ maker, reads }) =>
      maker >= 0 ? [maker] : reads.slice(0, 1),
    );
    return made ? contradicts(...seen, ...all(versions)) : contradicts(version.reads[0] as number, ...all(versions));
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
  if (!sameValue(version.value, action.value) || (makes && number === 0)) return contradicts(operation, other);
  if (makes && version.maker >= 0) return contradicts(operation, version.maker);
  if (makes) {
    version.maker = operation;
    version.swappedFrom = from;
  } else {
    version.reads.push(operation);
  }
  return undefined;
}

/** An operation that returned before one of an earlier version, or the maker of its own, was invoked. */
function order(versions: readonly NumberedVersion[], times: Intervals): StructureOutcome | undefined {
  let last = -1;
  let lastOperation = -1;
  const pass = (operation: number): void => {
    if ((times.invoked[operation] as number) <= last) return;
    last = times.invoked[operation] as number;
    lastOperation = operation;
  };
  for (const { maker, reads } of versions) {
    if (maker >= 0) {
      if ((times.returned[maker] as number) < last) return contradicts(maker, lastOperation);
      pass(maker);
    }
    for (const read of reads) if ((times.returned[read] as number) < last) return contradicts(read, lastOperation);
    for (const read of reads) pass(read);
  }
  return undefined;
}

/** Every operation that carries a version. */
function all(versions: readonly NumberedVersion[]): number[] {
  return versions.flatMap(({ maker, reads }) => [maker, ...reads]);
}
