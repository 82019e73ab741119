import { JepsenError } from "../errors.ts";
import { isClientOp, type Op } from "../history/op.ts";
import { showValue } from "../history/value.ts";
import type { Checker, Result } from "../test.ts";
import { countOf } from "./elements.ts";

/** What can be wrong with a read of all balances; the first that applies counts. */
export type BankErrorType = "unexpected-key" | "missing-key" | "no-balance" | "wrong-total" | "negative-value";

/** One read that is wrong. */
export interface BankError {
  /** The read's completion. */
  readonly index: number;
  /** The sum of the balances; absent where some are no numbers. */
  readonly total?: number;
  /** What is wrong, in words. */
  readonly message: string;
}

/** All reads that are wrong in one way. */
export interface BankErrors {
  readonly count: number;
  readonly first: BankError;
  readonly last: BankError;
  /** The one farthest from right: the greatest difference of the total, the lowest balance, the most keys or balances. */
  readonly worst: BankError;
}

/** What the bank checker answers. */
export interface BankResult extends Result {
  readonly readCount: number;
  readonly errorCount: number;
  readonly firstError?: BankError & { readonly type: BankErrorType };
  readonly errors: Readonly<Partial<Record<BankErrorType, BankErrors>>>;
}

/** How the bank is set up. */
export interface BankOptions {
  /** Names of the accounts. Default: those of the first read. */
  readonly accounts?: readonly (string | number)[];
  /** What all balances add up to. Default: what those of the first read do. */
  readonly total?: number;
  readonly negativeBalances?: boolean;
}

/** An error, its kind, and how far from right it is. */
interface Judged {
  readonly type: BankErrorType;
  readonly badness: number;
  readonly error: BankError;
}

/**
 * Transfers between accounts neither make nor destroy money: every `ok` `read` (its completion's value: an object of
 * balances by account) must show every account and the same total, and no negative balance unless that is allowed.
 * "unknown" when no read succeeded.
 */
export function bankChecker(options: BankOptions = {}): Checker {
  return {
    async check(_test, history): Promise<BankResult> {
      const reads = history.filter((op) => op.type === "ok" && op.f === "read" && isClientOp(op));
      const errors: Partial<Record<BankErrorType, BankErrors>> = {};
      const worst = new Map<BankErrorType, number>();
      let firstError: BankResult["firstError"];
      let errorCount = 0;
      const [firstRead] = reads;
      if (firstRead !== undefined) {
        const accounts = new Set(options.accounts?.map(String) ?? Object.keys(balancesOf(firstRead)));
        const total = options.total ?? sum(Object.values(balancesOf(firstRead)));
        for (const read of reads) {
          const judged = judge(read, accounts, total, options.negativeBalances === true);
          if (judged === undefined) continue;
          const { type, badness, error } = judged;
          errorCount++;
          firstError ??= { ...error, type };
          const known = errors[type];
          const isWorst = known === undefined || badness > (worst.get(type) as number);
          if (isWorst) worst.set(type, badness);
          errors[type] = {
            count: (known?.count ?? 0) + 1,
            first: known?.first ?? error,
            last: error,
            worst: isWorst ? error : known.worst,
          };
        }
      }
      const more = errorCount > 1 ? ` There are ${errorCount - 1} more wrong reads.` : "";
      return {
        valid: firstError !== undefined ? false : reads.length === 0 ? "unknown" : true,
        summary:
          firstError !== undefined
            ? `The read of operation ${firstError.index} is wrong: ${firstError.message}.${more}`
            : reads.length === 0
              ? "No read succeeded, so nothing is known of the bank."
              : `${countOf(reads.length, "read")}, all balances right.`,
        readCount: reads.length,
        errorCount,
        ...(firstError === undefined ? {} : { firstError }),
        errors,
      };
    },
  };
}

function balancesOf({ index, value }: Op): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new JepsenError("corrupt", `The read of operation ${index} is no object of balances but ${showValue(value)}.`, {
    index,
  });
}

function judge(
  read: Op,
  accounts: ReadonlySet<string>,
  expected: number,
  negativeAllowed: boolean,
): Judged | undefined {
  const balances = balancesOf(read);
  const names = Object.keys(balances);
  const wrong = (type: BankErrorType, badness: number, message: string, total?: number): Judged => ({
    type,
    badness,
    error: { index: read.index, message, ...(total === undefined ? {} : { total }) },
  });
  const unexpected = names.filter((name) => !accounts.has(name));
  if (unexpected.length > 0) {
    return wrong("unexpected-key", unexpected.length, `there are no accounts ${showValue(unexpected)}`);
  }
  if (names.length < accounts.size) {
    const missing = [...accounts].filter((name) => !Object.hasOwn(balances, name));
    return wrong("missing-key", missing.length, `the accounts ${showValue(missing)} are missing`);
  }
  const blank = names.filter((name) => typeof balances[name] !== "number");
  if (blank.length > 0) return wrong("no-balance", blank.length, `the accounts ${showValue(blank)} have no balance`);
  const numbers = Object.values(balances) as number[];
  const total = sum(numbers);
  if (total !== expected) {
    return wrong(
      "wrong-total",
      Math.abs(total - expected),
      `the balances add up to ${total} instead of ${expected}`,
      total,
    );
  }
  const lowest = numbers.reduce((least, balance) => Math.min(least, balance), 0);
  if (lowest < 0 && !negativeAllowed) {
    return wrong("negative-value", -lowest, `a balance is ${lowest}`, total);
  }
  return undefined;
}

function sum(numbers: readonly unknown[]): number {
  return numbers.reduce<number>((total, number) => total + (typeof number === "number" ? number : 0), 0);
}
