import type { Generator, GeneratorLike, OpDraft } from "../test.ts";

/**
 * The operations that a generator gives, as far as its type tells: `DraftOf<{ f: "read" }>`, of a function its result's,
 * of a list its elements'. This is how combinators carry `f` and `value` from the inside out.
 */
export type DraftOf<G> = [GeneratorLike] extends [G] ? OpDraft : DraftOfEach<G>;

type DraftOfEach<G> = G extends undefined | null
  ? never
  : G extends Generator<infer Draft>
    ? Draft
    : G extends (...arguments_: never[]) => infer Result
      ? DraftOf<Result>
      : G extends Promise<infer Value>
        ? DraftOf<Value>
        : G extends Iterable<infer Element>
          ? DraftOf<Element>
          : G extends infer Draft extends OpDraft // not "? G": that would take part in inferring G from what is wanted
            ? Draft
            : OpDraft;
