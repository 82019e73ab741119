import { JepsenError } from "../errors.ts";
import { isClientOp, type Op } from "../history/op.ts";
import { pairs } from "../history/pairs.ts";
import { showValue } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf } from "./elements.ts";

/** A number; its digits as text where a number would not be exact. */
export type Whole = number | string;

/** What a read returned, between what it could have returned at least and at most. */
export interface CounterRead {
  /** The read's completion. */
  readonly index: number;
  readonly lower: Whole;
  readonly value: Whole;
  readonly upper: Whole;
}

/** What the counter checker answers. */
export interface CounterResult extends Result {
  readonly addCount: number;
  readonly readCount: number;
  readonly errorCount: number;
  /** The first 100 reads out of bounds. */
  readonly errors: readonly CounterRead[];
  /** The first 1 000 reads. */
  readonly reads: readonly CounterRead[];
}

const ERRORS_MAX = 100;
const READS_MAX = 1000;

/** A read under way: the bounds over all moments so far at which it may take effect. */
interface OpenRead {
  lower: bigint;
  upper: bigint;
}

/**
 * A counter from 0 that whole numbers are added to (`add`, also negative ones) and that is read (`read`). A read must lie
 * between the least and the greatest value that the counter can have had while it ran: acknowledged adds count,
 * those under way or of unknown outcome may, failed ones do not.
 *
 * Weaker than linearizability and linear in time. "unknown" when reads were tried and none succeeded; a history without
 * any read is valid, for nothing in it can be wrong.
 */
export function counterChecker(): Checker {
  return {
    async check(_test, history): Promise<CounterResult> {
      const client = history.filter(isClientOp);
      const partner = pairs(client);
      const open = new Map<number, OpenRead>();
      let lower = 0n;
      let upper = 0n;
      let addCount = 0;
      let triedReads = 0;
      let readCount = 0;
      let errorCount = 0;
      const errors: CounterRead[] = [];
      const reads: CounterRead[] = [];
      for (const [position, op] of client.entries()) {
        const end = partner[position] as number;
        if (op.f === "add") {
          const begins = op.type === "invoke";
          if (begins ? client[end]?.type === "fail" : op.type !== "ok") continue;
          const amount = whole(begins ? op : (client[end] as Op));
          if (begins) addCount++;
          // A positive add may count from its invocation and must from its acknowledgement; a negative one the other way round.
          if (begins === amount >= 0n) upper += amount;
          else lower += amount;
          for (const read of open.values()) {
            if (lower < read.lower) read.lower = lower;
            if (upper > read.upper) read.upper = upper;
          }
        } else if (op.f === "read" && op.type === "invoke") {
          triedReads++;
          if (client[end]?.type === "ok") open.set(position, { lower, upper });
        } else if (op.f === "read" && op.type === "ok") {
          const bounds = open.get(end) as OpenRead;
          open.delete(end);
          const value = whole(op);
          const read = { index: op.index, lower: short(bounds.lower), value: short(value), upper: short(bounds.upper) };
          readCount++;
          if (reads.length < READS_MAX) reads.push(read);
          if (value >= bounds.lower && value <= bounds.upper) continue;
          errorCount++;
          if (errors.length < ERRORS_MAX) errors.push(read);
        }
      }
      return {
        valid: errorCount > 0 ? false : readCount === 0 && (triedReads > 0 || addCount === 0) ? "unknown" : true,
        summary: sentence(errors, errorCount, addCount, triedReads, readCount),
        addCount,
        readCount,
        errorCount,
        errors,
        reads,
      };
    },
  };
}

function whole({ index, f, value }: Op): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw new JepsenError(
    "corrupt",
    `Operation ${index} (${f}) carries ${showValue(value)}; a counter needs whole numbers below 2^53, or big integers.`,
    { index },
  );
}

function short(value: bigint): Whole {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function sentence(
  errors: readonly CounterRead[],
  errorCount: number,
  addCount: number,
  triedReads: number,
  readCount: number,
): string {
  const [first] = errors;
  if (first !== undefined) {
    const more = errorCount > 1 ? ` There are ${errorCount - 1} more like it.` : "";
    return `The read of operation ${first.index} saw ${first.value}, which is not between ${first.lower} and ${first.upper}.${more}`;
  }
  if (triedReads === 0 && addCount === 0) return "Nobody added or read anything, so nothing was checked.";
  if (triedReads === 0) return `${countOf(addCount, "add")} and no read that could contradict them.`;
  if (readCount === 0) return "No read succeeded, so nothing is known of the counter.";
  return `${countOf(readCount, "read")}, all within bounds.`;
}
