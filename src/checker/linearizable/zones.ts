/**
 * Objects whose every change makes a version that can be told from all others, and whose reads tell the version that
 * they saw: registers and lists with distinct values. Decided by zones, without search (Gibbons & Korach, "Testing
 * Shared Memories", 1997), extended to chains: versions that must follow each other directly, because the later one was
 * made of the earlier one (a swap of it, an append to it).
 */

import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, HOLDS, type StructureOutcome } from "./structure-outcome.ts";

const COMES_BACK = "each value was made only once, and cannot go and come back";
const NOT_YET_MADE = "what it saw was only made after it had ended";
const OLDER_AFTER_NEWER = "the older of two values, one made of the other, was still there after the newer one";
const MADE_OF_EACH_OTHER = "each found a value that only the other could have made";

/** Versions, numbered; version 0 was there before the first operation. Arrays are by version. */
export interface Versions {
  /** How many there are. */
  count: number;
  /** The operation that made it; -1 for version 0. */
  readonly maker: Int32Array;
  /** The version that was made of it; -1 when there is none. */
  readonly next: Int32Array;
  /** 1 when it was made of another version. */
  readonly hasParent: Uint8Array;
  /** The read of it that returned first, and the one that was invoked last; -1 when nobody read it. */
  readonly firstRead: Int32Array;
  readonly lastRead: Int32Array;
  /** For makers that crashed: a completed operation that shows that they happened. */
  readonly shownBy: ReadonlyMap<number, number>;
}

/** A record of versions that holds version 0, with room for `capacity`. */
export function newVersions(capacity: number, shownBy: ReadonlyMap<number, number>): Versions {
  return {
    count: 1,
    maker: new Int32Array(capacity).fill(-1),
    next: new Int32Array(capacity).fill(-1),
    hasParent: new Uint8Array(capacity),
    firstRead: new Int32Array(capacity).fill(-1),
    lastRead: new Int32Array(capacity).fill(-1),
    shownBy,
  };
}

/** Notes that an operation read a version. */
export function noteRead(versions: Versions, version: number, read: number, times: Intervals): void {
  const { firstRead, lastRead } = versions;
  const first = firstRead[version] as number;
  const last = lastRead[version] as number;
  if (first < 0 || (times.returned[read] as number) < (times.returned[first] as number)) firstRead[version] = read;
  if (last < 0 || (times.invoked[read] as number) > (times.invoked[last] as number)) lastRead[version] = read;
}

/**
 * Whether the versions can be put in order. `eventCount` bounds all times but NEVER.
 *
 * A chain is versions that follow each other with nothing between. Its operations are in a fixed order, up to reads of
 * one version; so none may have returned before an earlier one was invoked. Let m be the first return in the chain and M
 * the last invocation. If m < M, something of the chain is linearized at or before m and something at or after M: the
 * object holds the chain throughout [m, M], its forward zone. If M < m, all its operations are open throughout [M, m],
 * its backward zone, and can be linearized at any one point of it. So forward zones must not overlap, and a backward
 * zone must not lie within a forward one; and if so, there is room for each. (Forward zones do not touch, as their ends
 * are different events; so a backward zone that no single one covers has a point outside all.) Version 0 was made before
 * every event.
 */
export function checkZones(
  versions: Versions,
  times: Intervals,
  eventCount: number,
  ignoreInitial: boolean,
): StructureOutcome {
  /** By event: the root of the chain whose forward zone begins there; -1 for none. */
  const rootAt = new Int32Array(eventCount).fill(-1);
  /** By root: when its zone ends. */
  const zoneEnd = new Int32Array(versions.count).fill(-1);
  const backward: { readonly root: number; readonly from: number; readonly to: number }[] = [];
  let seen = 0;
  for (let root = 0; root < versions.count; root++) {
    if (versions.hasParent[root] === 1) continue;
    let first = NEVER;
    let last = -1;
    for (let version = root; version >= 0; version = versions.next[version] as number) {
      seen++;
      for (const early of [versions.maker[version] as number, versions.firstRead[version] as number]) {
        if (early < 0) continue;
        const returned = times.returned[early] as number;
        if (returned < last) return inversion(versions, times, root, version, early, last);
        if (returned < first) first = returned;
        const late = early === versions.maker[version] ? early : (versions.lastRead[version] as number);
        if ((times.invoked[late] as number) > last) last = times.invoked[late] as number;
      }
    }
    zoneEnd[root] = last;
    if (root === 0) continue;
    if (first < last) rootAt[first] = root;
    else backward.push({ root, from: last, to: first });
  }
  // What is in no chain that has a beginning was made of each other.
  if (seen < versions.count) return contradicts(MADE_OF_EACH_OTHER, cycle(versions));
  if (ignoreInitial) zoneEnd[0] = -1;

  /** By event: the root of the chain whose forward zone is open there; -1 for none. */
  const openAt = new Int32Array(eventCount).fill(-1);
  let open = 0;
  for (let time = 0; time < eventCount; time++) {
    const root = rootAt[time] as number;
    if (root >= 0) {
      if (time < (zoneEnd[open] as number)) {
        return overlap(versions, times, open, root);
      }
      open = root;
    }
    if (time <= (zoneEnd[open] as number)) openAt[time] = open;
  }
  for (const { root, from, to } of backward) {
    const around = openAt[from] as number;
    if (around < 0 || to > (zoneEnd[around] as number)) continue;
    return overlap(versions, times, around, root);
  }
  return HOLDS;
}

/** Two chains that both have to be there at the same time. */
function overlap(versions: Versions, times: Intervals, one: number, other: number): StructureOutcome {
  const involved = [...witnesses(versions, times, one), ...witnesses(versions, times, other)];
  return contradicts(COMES_BACK, involved);
}

/** Completed operations that force a chain to be there as long as it is: its first return, its last invocation. */
function witnesses(versions: Versions, times: Intervals, root: number): number[] {
  let early = -1;
  let late = -1;
  let deepest = -1;
  for (let version = root; version >= 0; version = versions.next[version] as number) {
    const reads = [versions.firstRead[version] as number, versions.lastRead[version] as number];
    for (const number of [versions.maker[version] as number, ...reads]) {
      if (number < 0) continue;
      if (early < 0 || (times.returned[number] as number) < (times.returned[early] as number)) early = number;
      if (late < 0 || (times.invoked[number] as number) > (times.invoked[late] as number)) late = number;
    }
    if (reads[0] !== -1) deepest = reads[0] as number;
  }
  return shown(versions, [early, late, deepest]);
}

/** An operation returned before one was invoked (at `lastInvoked`) that comes before it in its chain. */
function inversion(
  versions: Versions,
  times: Intervals,
  root: number,
  end: number,
  early: number,
  lastInvoked: number,
): StructureOutcome {
  const out = [early];
  for (let version = root; ; version = versions.next[version] as number) {
    for (const number of [versions.maker[version] as number, versions.lastRead[version] as number]) {
      if (number >= 0 && times.invoked[number] === lastInvoked) out.push(number);
    }
    if (version === end) break;
  }
  // What shows that the chain goes on to that version: the next read in it, at the latest.
  for (let version = end; version >= 0; version = versions.next[version] as number) {
    out.push(versions.maker[version] as number);
    if ((versions.firstRead[version] as number) < 0) continue;
    out.push(versions.firstRead[version] as number);
    break;
  }
  const maker = versions.maker[end] as number;
  const isOwnMaker = maker >= 0 && times.invoked[maker] === lastInvoked;
  return contradicts(isOwnMaker ? NOT_YET_MADE : OLDER_AFTER_NEWER, shown(versions, out));
}

/** What is made of each other in a circle. */
function cycle(versions: Versions): number[] {
  const isInChain = new Uint8Array(versions.count);
  for (let root = 0; root < versions.count; root++) {
    if (versions.hasParent[root] === 1) continue;
    for (let version = root; version >= 0; version = versions.next[version] as number) isInChain[version] = 1;
  }
  const start = isInChain.indexOf(0);
  const makers: number[] = [];
  let version = start;
  do {
    makers.push(versions.maker[version] as number);
    version = versions.next[version] as number;
  } while (version !== start);
  return shown(versions, makers);
}

/** Puts in the place of crashed makers what shows that they happened. */
function shown(versions: Versions, numbers: readonly number[]): number[] {
  return numbers.map((number) => versions.shownBy.get(number) ?? number);
}
