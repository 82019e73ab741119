import { inspect } from "node:util";
import type { GeneratorContext } from "../test.ts";

const CHARACTERS_MAX = 1_500;

/** A value, most often a generator, as text for an error or a log: a few levels deep, and never long. */
export function describe(value: unknown): string {
  const text = inspect(value, { depth: 4, maxArrayLength: 6, maxStringLength: 120, breakLength: 120, compact: 4 });
  return text.length <= CHARACTERS_MAX ? text : `${text.slice(0, CHARACTERS_MAX)} …`;
}

/** A context as plain data: the time, how many threads there are, and which of them are free (the first hundred). */
export function describeContext(context: GeneratorContext): Readonly<Record<string, unknown>> {
  return {
    timeNs: context.time,
    threads: context.threadCount,
    free: context.freeCount,
    freeThreads: context.freeThreads().slice(0, 100),
  };
}
