/**
 * What an algorithm without search answers. With false: the numbers of operations that contradict each other, even if
 * every other operation of the group had only perhaps happened.
 */
export type StructureOutcome =
  | { readonly verdict: true }
  | { readonly verdict: false; readonly suspects: readonly number[] };

/** The only way to agree. */
export const HOLDS: StructureOutcome = { verdict: true };

/** A contradiction between these operations. */
export function contradicts(...suspects: readonly number[]): StructureOutcome {
  return { verdict: false, suspects: [...new Set(suspects)].filter((number) => number >= 0).sort((a, b) => a - b) };
}
