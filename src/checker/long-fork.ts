import { JepsenError } from "../errors.ts";
import { isClientOp, type Op } from "../history/op.ts";
import { showValue, valueKey } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf } from "./elements.ts";

/** Two reads that cannot be put into an order: each sees a write that the other does not. */
export interface Fork {
  /** Completions of the reads. */
  readonly reads: readonly [index: number, index: number];
  /** A key that only the first saw written, and one that only the second did. */
  readonly onlyFirst: string;
  readonly onlySecond: string;
}

/** What the long-fork checker answers. */
export interface LongForkResult extends Result {
  readonly readsCount: number;
  /** Reads that saw no write, and reads that saw all: they cannot be part of a fork. */
  readonly earlyReadCount: number;
  readonly lateReadCount: number;
  readonly forkCount: number;
  /** The first 100. */
  readonly forks: readonly Fork[];
}

const FORKS_MAX = 100;

/** A read of a group of keys. */
interface GroupRead {
  readonly index: number;
  /** Keys seen as written. */
  readonly seen: ReadonlySet<string>;
}

/**
 * The anomaly of parallel snapshot isolation: two writes to different keys of a group that two reads see in different
 * orders. Each key is written once at most (`[["w", key, value]]`), and reads read a whole group of keys
 * (`[["r", key, value or null], …]`); reads of the same keys form a group, in which all must fit into one order.
 *
 * Sorted by how much they see, reads are in order exactly when each sees all that the one before it does: no pair
 * beside neighbours needs to be compared. "unknown" without reads. Throws JepsenError "corrupt" for histories of
 * another kind: transactions that mix, keys that are written twice or read with different values.
 */
export function longForkChecker(): Checker {
  return {
    async check(_test, history): Promise<LongForkResult> {
      const groups = groupsOf(history.filter(isClientOp));
      const forks: Fork[] = [];
      let forkCount = 0;
      let readsCount = 0;
      let earlyReadCount = 0;
      let lateReadCount = 0;
      for (const { size, reads } of groups) {
        readsCount += reads.length;
        earlyReadCount += reads.filter(({ seen }) => seen.size === 0).length;
        lateReadCount += reads.filter(({ seen }) => seen.size === size).length;
        reads.sort((a, b) => a.seen.size - b.seen.size || a.index - b.index);
        for (let i = 1; i < reads.length; i++) {
          const fork = forkOf(reads[i - 1] as GroupRead, reads[i] as GroupRead);
          if (fork === undefined) continue;
          forkCount++;
          if (forks.length < FORKS_MAX) forks.push(fork);
        }
      }
      const [first] = forks;
      return {
        valid: first !== undefined ? false : readsCount === 0 ? "unknown" : true,
        summary:
          first !== undefined
            ? `The reads of operations ${first.reads.join(" and ")} see two writes in different orders: only the first sees key ${first.onlyFirst}, only the second sees key ${first.onlySecond}.`
            : readsCount === 0
              ? "No read succeeded, so nothing is known."
              : `${countOf(readsCount, "read")} in ${countOf(groups.length, "group")}, no fork.`,
        readsCount,
        earlyReadCount,
        lateReadCount,
        forkCount,
        forks,
      };
    },
  };
}

function groupsOf(history: readonly Op[]): { readonly size: number; readonly reads: GroupRead[] }[] {
  const groups = new Map<string, { readonly size: number; readonly reads: GroupRead[] }>();
  const values = new Map<string, unknown>();
  const written = new Set<string>();
  for (const op of history) {
    const steps = stepsOf(op);
    if (steps.every(([kind]) => kind === "w") && steps.length === 1) {
      const key = showValue((steps[0] as Step)[1]);
      if (op.type === "invoke" && written.has(key)) throw strange(op, `key ${key} is written a second time`);
      written.add(key);
    } else if (steps.length === 0 || !steps.every(([kind]) => kind === "r")) {
      throw strange(op, `it is neither one write nor a read: ${showValue(op.value)}`);
    } else if (op.type === "ok") {
      const seen = new Set<string>();
      for (const [, rawKey, value] of steps) {
        if (value === null || value === undefined) continue;
        const key = showValue(rawKey);
        if (values.has(key) && values.get(key) !== valueKey(value)) {
          throw strange(op, `it reads another value of key ${key} than reads before it`);
        }
        values.set(key, valueKey(value));
        seen.add(key);
      }
      const name = steps
        .map(([, key]) => showValue(key))
        .sort()
        .join(" ");
      const group = groups.get(name);
      const read = { index: op.index, seen };
      if (group === undefined) groups.set(name, { size: steps.length, reads: [read] });
      else group.reads.push(read);
    }
  }
  return [...groups.values()];
}

type Step = readonly [kind: unknown, key: unknown, value: unknown];

function stepsOf(op: Op): readonly Step[] {
  const { value } = op;
  if (Array.isArray(value) && value.every((step) => Array.isArray(step) && step.length >= 2)) return value as Step[];
  throw strange(op, `its value is no transaction: ${showValue(value)}`);
}

/** `a` sees no more keys than `b`: they are in order if it sees none that `b` does not. */
function forkOf(a: GroupRead, b: GroupRead): Fork | undefined {
  const onlyA = [...a.seen].find((key) => !b.seen.has(key));
  if (onlyA === undefined) return undefined;
  const onlyB = [...b.seen].find((key) => !a.seen.has(key)) as string;
  return { reads: [a.index, b.index], onlyFirst: onlyA, onlySecond: onlyB };
}

function strange({ index }: Op, reason: string): JepsenError {
  return new JepsenError("corrupt", `Operation ${index} does not belong into a long-fork history: ${reason}.`, {
    index,
  });
}
