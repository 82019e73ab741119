/** The versions of a text or list that grows at its end, when what is put and appended is distinct. */

import { valueKey } from "../../history/value.ts";
import type { Model, Structure } from "../../model/model.ts";
import { type Group, groupSize, modelOpAt } from "./group.ts";
import { type Intervals, NEVER } from "./intervals.ts";
import { contradicts, type StructureOutcome } from "./structure-outcome.ts";
import { newVersions, noteRead, type Versions } from "./zones.ts";

/** How contents are taken apart into the pieces that were put and appended. */
interface Contents<C> {
  length(content: C): number;
  /** The operation whose piece begins at a place, and where the piece ends; undefined when there is none. */
  pieceAt(content: C, at: number): { readonly maker: number; readonly end: number } | undefined;
  startsWith(content: C, beginning: C): boolean;
}

/** Different lengths of pieces that are tried at one place of a text. */
const LENGTHS_MAX = 64;

const CROSSED = "what was appended stays, but neither saw a beginning of what the other saw";
const NOT_APPENDED = "something in it was never appended there, or was appended once and seen in two places";

interface Read<C> {
  readonly number: number;
  readonly content: C;
}

/** The versions of a list history; undefined when an item was appended twice, or an operation does not fit. */
export function listVersions(
  model: Model,
  structure: Extract<Structure, { kind: "list" }>,
  group: Group,
  times: Intervals,
): Versions | StructureOutcome | undefined {
  const makers = new Map<unknown, number>();
  const reads: Read<readonly unknown[]>[] = [];
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.kind === "read") {
      reads.push({ number, content: action.items.map(valueKey) });
    } else {
      const key = valueKey(action.item);
      if (makers.has(key)) return undefined;
      makers.set(key, number);
    }
  }
  const contents: Contents<readonly unknown[]> = {
    length: (content) => content.length,
    pieceAt: (content, at) => {
      const maker = makers.get(content[at]);
      return maker === undefined ? undefined : { maker, end: at + 1 };
    },
    startsWith: (content, beginning) => beginning.every((item, i) => Object.is(content[i], item)),
  };
  return sequenceVersions(times, [...makers.values()], reads, contents, 0, () => false);
}

/**
 * The versions of a text history; undefined when an operation does not fit, or when texts that were put or appended are
 * not distinct, are empty, or begin with one another: only then can a content be taken apart in just one way.
 */
export function textVersions(
  model: Model,
  structure: Extract<Structure, { kind: "text" }>,
  group: Group,
  times: Intervals,
): Versions | StructureOutcome | undefined {
  const makers = new Map<string, number>();
  const reads: Read<string>[] = [];
  const puts = new Set<number>();
  const { initial } = structure;
  for (let number = 0; number < groupSize(group); number++) {
    const op = modelOpAt(group, number);
    if (op.crashed && model.readOnly(op)) continue;
    const action = structure.action(op);
    if (action === undefined) return undefined;
    if (action.kind === "read") {
      reads.push({ number, content: action.text });
    } else {
      if (action.text === "" || makers.has(action.text)) return undefined;
      makers.set(action.text, number);
      if (action.kind === "put") puts.add(number);
    }
  }
  if (!isPrefixFree(initial === "" ? [...makers.keys()] : [initial, ...makers.keys()])) return undefined;
  const lengths = [...new Set(Array.from(makers.keys(), (text) => text.length))];
  if (lengths.length > LENGTHS_MAX) return undefined;
  const contents: Contents<string> = {
    length: (content) => content.length,
    pieceAt: (content, at) => {
      for (const length of lengths) {
        const piece = content.slice(at, at + length);
        const maker = makers.get(piece);
        if (maker !== undefined) return { maker, end: at + piece.length };
      }
      return undefined;
    },
    startsWith: (content, beginning) => content.startsWith(beginning),
  };
  // The initial text cannot be put again: it would have been found among the pieces' beginnings.
  const isInitial = (content: string) => content.startsWith(initial);
  return sequenceVersions(times, [...makers.values()], reads, contents, initial.length, isInitial, puts);
}

/**
 * Chains of versions from the contents that were read. Contents that begin with the same put (or with the initial
 * content) belong to one chain, and must be beginnings of the longest of them.
 */
function sequenceVersions<C>(
  times: Intervals,
  makers: readonly number[],
  reads: readonly Read<C>[],
  contents: Contents<C>,
  initialLength: number,
  isInitial: (content: C) => boolean,
  puts: ReadonlySet<number> = new Set(),
): Versions | StructureOutcome | undefined {
  const chains = new Map<number, Read<C>[]>();
  for (const read of reads) {
    const first = contents.length(read.content) === 0 ? undefined : contents.pieceAt(read.content, 0);
    // Version 0 is the beginning of all contents that do not begin with a put.
    const root = first !== undefined && puts.has(first.maker) ? first.maker : -1;
    if (root < 0 && initialLength > 0 && !isInitial(read.content))
      return contradicts("what it saw does not begin with what was there", [read.number]);
    const chain = chains.get(root);
    if (chain === undefined) chains.set(root, [read]);
    else chain.push(read);
  }
  const shownBy = new Map<number, number>();
  const versions = newVersions(1 + makers.length, shownBy);
  const versionOf = new Map<number, number>([[-1, 0]]);
  const addVersion = (maker: number): number => {
    versions.maker[versions.count] = maker;
    versionOf.set(maker, versions.count);
    return versions.count++;
  };
  for (const [root, chain] of chains) {
    const failed = followChain(root, chain);
    if (failed !== undefined) return failed;
  }
  for (const maker of makers) {
    // What crashed and was never seen may never have happened.
    if (!versionOf.has(maker) && times.returned[maker] !== NEVER) addVersion(maker);
  }
  return versions;

  /** Reads of one chain, from the shortest to the longest: each goes on where the one before it ended. */
  function followChain(root: number, chain: Read<C>[]): StructureOutcome | undefined {
    chain.sort((a, b) => contents.length(a.content) - contents.length(b.content));
    const shortest = chain[0] as Read<C>;
    let at = root < 0 ? initialLength : (contents.pieceAt(shortest.content, 0)?.end as number);
    let version = root < 0 ? 0 : addVersion(root);
    if (root >= 0 && times.returned[root] === NEVER) shownBy.set(root, shortest.number);
    let before: Read<C> | undefined;
    for (const read of chain) {
      if (before !== undefined && !contents.startsWith(read.content, before.content)) {
        return contradicts(CROSSED, [before.number, read.number]);
      }
      while (at < contents.length(read.content)) {
        const piece = contents.pieceAt(read.content, at);
        // Nobody appended that; or it is there already.
        if (piece === undefined || puts.has(piece.maker) || versionOf.has(piece.maker)) {
          return contradicts(NOT_APPENDED, [read.number, ...otherReader(piece?.maker)]);
        }
        const next = addVersion(piece.maker);
        if (times.returned[piece.maker] === NEVER) shownBy.set(piece.maker, read.number);
        versions.next[version] = next;
        versions.hasParent[next] = 1;
        version = next;
        at = piece.end;
      }
      noteRead(versions, version, read.number, times);
      before = read;
    }
    return undefined;
  }

  /** A read that saw a piece before: it is in another chain, or twice in one. */
  function otherReader(maker: number | undefined): number[] {
    let version = maker === undefined ? undefined : versionOf.get(maker);
    if (version === undefined) return [];
    while (version >= 0 && (versions.firstRead[version] as number) < 0) version = versions.next[version] as number;
    return version < 0 ? [] : [versions.firstRead[version] as number];
  }
}

/** Whether none of the texts begins with another one. */
function isPrefixFree(texts: string[]): boolean {
  const sorted = texts.toSorted();
  return sorted.every((text, i) => i === 0 || !text.startsWith(sorted[i - 1] as string));
}
