/**
 * What an algorithm without search answers. With false: the numbers of operations that contradict each other, even if
 * every other operation of the group had only perhaps happened; and why, in words.
 */
export type StructureOutcome =
  | { readonly verdict: true }
  | { readonly verdict: false; readonly suspects: readonly number[]; readonly reason: string };

/** The only way to agree. */
export const HOLDS: StructureOutcome = { verdict: true };

/** A contradiction between these operations; numbers below 0 are left out. */
export function contradicts(reason: string, suspects: readonly number[]): StructureOutcome {
  const real = [...new Set(suspects)].filter((number) => number >= 0);
  return { verdict: false, suspects: real.sort((a, b) => a - b), reason };
}
