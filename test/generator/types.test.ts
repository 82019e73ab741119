import { expect, expectTypeOf, test } from "vitest";
import type { DraftOf } from "../../src/generator/draft-of.ts";
import {
  any,
  clients,
  concurrentKeys,
  cycle,
  eachThread,
  filter,
  lane,
  limit,
  map,
  mix,
  naturals,
  once,
  phases,
  repeat,
  reserve,
  simulate,
  sleep,
  stagger,
  timeLimit,
} from "../../src/generator/index.ts";
import type { Generator, GeneratorContext, GeneratorLike, PlannedOp } from "../../src/test.ts";

type Read = { readonly f: "read" };
type Write = { readonly f: "write"; readonly value: number };

const read: Generator<Read> = repeat({ f: "read" });
const write = (_test: unknown, { random }: GeneratorContext): Write => ({ f: "write", value: random.int(5) });

/** The names of the operations that a generator gives, as far as its type tells. */
type NamesOf<G extends GeneratorLike> = DraftOf<G> extends { readonly f: infer F } ? F : undefined;

test("f and value are carried from the inside out through the combinators", () => {
  const wrapped = timeLimit(60, clients(stagger(0.1, limit(3, cycle(repeat({ f: "read" }))))));
  expectTypeOf<NamesOf<typeof wrapped>>().toEqualTypeOf<"read">();
  const mixed = phases(any(mix([[read, 2], write]), eachThread({ f: "drain" })), reserve([[1, read]], write));
  expectTypeOf<NamesOf<typeof mixed>>().toEqualTypeOf<"read" | "write" | "drain">();
  const renamed = map((op) => ({ ...op, f: "put" as const, value: op.value + 1 }), write);
  expectTypeOf<DraftOf<typeof renamed>["value"]>().toEqualTypeOf<number>();
  const keyed = concurrentKeys(2, naturals(), () => write);
  expectTypeOf<DraftOf<typeof keyed>>().toMatchTypeOf<{ readonly f: "write"; readonly key: string | number }>();
  const faults = lane("kill", [{ f: "kill" }, { f: "start" }]);
  expectTypeOf<NamesOf<typeof faults>>().toEqualTypeOf<"kill" | "start">();
  filter((op) => {
    expectTypeOf(op).toMatchTypeOf<PlannedOp<Write>>();
    return op.value > 2;
  }, write);
  expect(simulate(limit(4, wrapped)).operations).toBe(3);
});

test("mistakes are found by the compiler", () => {
  // @ts-expect-error: there is no "raed"
  filter((op) => op.f === "raed", read);
  // @ts-expect-error: a read has no value to add to
  map((op) => ({ f: "read", value: op.value + 1 }), read);
  // @ts-expect-error: it gives writes as well
  const readsOnly: Generator<Read> = mix([read, write]);
  // @ts-expect-error: the value of a write is a number
  const words: Generator<{ readonly f: "write"; readonly value: string }> = limit(3, write);
  // @ts-expect-error: the seconds come first
  const swapped = (): unknown => timeLimit(read, 60);
  // @ts-expect-error: a number is no generator
  const nonsense = (): unknown => limit(3, 4);
  // @ts-expect-error: "f" is a name
  const nameless = (): unknown => once({ f: 3 });
  expect([readsOnly, words, swapped, nonsense, nameless, sleep(1)]).toHaveLength(6);
});
