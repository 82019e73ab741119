import type { Generator, GeneratorLike } from "../test.ts";
import { Sequence } from "./data.ts";
import type { DraftOf } from "./draft-of.ts";

/**
 * One after the other, each until it is exhausted: `concat(a, b)`, the same as the array `[a, b]`. The next one begins
 * while operations of the one before may still be running; see `phases` to wait for them. Events reach the current one.
 */
export function concat<const Gs extends readonly GeneratorLike[]>(...generators: Gs): Generator<DraftOf<Gs[number]>> {
  return new Sequence(generators, 0, undefined) as Generator as Generator<DraftOf<Gs[number]>>;
}
