import { type SimulationOptions, simulate } from "../../src/generator/index.ts";
import { ThreadTable } from "../../src/generator/thread-table.ts";
import type { GeneratorContext, GeneratorLike, GeneratorTest, Op, Process } from "../../src/test.ts";

/** What generators may know in these tests. */
export const TEST: GeneratorTest = { nodes: ["n1", "n2", "n3"], concurrency: 2, options: {} };

/** A context of two clients and the lane "faults", all free, at this time. */
export function contextAt(time = 0, seed = 0): GeneratorContext {
  return new ThreadTable(2, ["nemesis:faults"], seed).context(time);
}

/** `[time, f]` of every invocation. */
export function timesOf(generator: GeneratorLike, options?: SimulationOptions): [number, string][] {
  return invocations(generator, options).map(({ time, f }) => [time, f]);
}

/** `f` of every invocation. */
export function fsOf(generator: GeneratorLike, options?: SimulationOptions): string[] {
  return invocations(generator, options).map(({ f }) => f);
}

/** `value` of every invocation. */
export function valuesOf(generator: GeneratorLike, options?: SimulationOptions): unknown[] {
  return invocations(generator, options).map(({ value }) => value);
}

/** Every invocation. */
export function invocations(generator: GeneratorLike, options?: SimulationOptions): Op[] {
  return simulate(generator, options).history.filter(({ type }) => type === "invoke");
}

/** How often each of them occurs. */
export function countsOf<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** The client thread of a process, or the lane. */
export function threadOf(process: Process, concurrency: number): Process {
  return typeof process === "number" ? process % concurrency : process;
}
