import { cycle, once, spaced } from "../../../src/generator/index.ts";
import type { GeneratorLike, Random } from "../../../src/test.ts";

const JITTER = 0.25;

/** A strike at any node and its undoing, in turn, about one interval apart. */
export function strikeAndUndo(intervalMs: number, strike: string, undo: string): GeneratorLike {
  const drawn: GeneratorLike = (test: { nodes: readonly string[] }, { random }: { random: Random }) => ({
    f: strike,
    value: { order: random.shuffle(test.nodes) },
  });
  return spaced(intervalMs / 1000, JITTER, cycle([once(drawn), once({ f: undo })]));
}
