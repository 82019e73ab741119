import { z } from "zod";
import { cycle, once, spaced } from "../../../src/generator/index.ts";
import type { GeneratorLike, Random, Test } from "../../../src/test.ts";

const JITTER = 0.25;

/** Whom a fault strikes: the first of these that it can; a script may say `nodes`, the generator draws `order`. */
const targetSchema = z.object({
  nodes: z.array(z.string()).min(1).optional(),
  order: z.array(z.string()).min(1).optional(),
});

/** The candidates for one strike in their order; undefined when the value makes no sense. */
export function candidates(test: Test, value: unknown): readonly string[] | undefined {
  const parsed = targetSchema.safeParse(value ?? {});
  const named = parsed.success ? (parsed.data.nodes ?? parsed.data.order ?? test.nodes) : [];
  return named.length > 0 && named.every((node) => test.nodes.includes(node)) ? named : undefined;
}

/** A strike at any node and its undoing, in turn, about one interval apart. */
export function strikeAndUndo(intervalMs: number, strike: string, undo: string): GeneratorLike {
  const drawn: GeneratorLike = (test: { nodes: readonly string[] }, { random }: { random: Random }) => ({
    f: strike,
    value: { order: random.shuffle(test.nodes) },
  });
  return spaced(intervalMs / 1000, JITTER, cycle([once(drawn), once({ f: undo })]));
}
