import { expect, test } from "vitest";
import { ask, cache, clients, limit, repeat, simulate, stagger } from "../../src/generator/index.ts";
import type { GeneratorLike, PlannedOp } from "../../src/test.ts";
import { contextAt, fsOf, TEST } from "./rows.ts";

function counted(generator: GeneratorLike): { readonly generator: GeneratorLike; readonly asks: () => number } {
  let asks = 0;
  return {
    generator: {
      next: (test, context) => {
        asks++;
        return ask(generator, test, context);
      },
      update: () => counted(generator).generator,
    },
    asks: () => asks,
  };
}

test("an operation that was not taken is offered again without asking, until it is too old", () => {
  const { generator, asks } = counted(repeat({ f: "a" }));
  const cached = cache(5e-9, generator);
  const first = ask(cached, TEST, contextAt(0))?.op as PlannedOp;
  expect(asks()).toBe(1);
  const second = ask(cached, TEST, contextAt(4))?.op as PlannedOp;
  expect(asks()).toBe(1);
  expect(second).toEqual({ ...first, time: 4 });
  ask(cached, TEST, contextAt(5));
  expect(asks()).toBe(2);
});

test("it gives the same operations as without", () => {
  const plain = clients(
    stagger(
      1e-3,
      limit(200, (_test, { random }) => ({ f: "w", value: random.int(99) })),
    ),
  );
  const values = (generator: GeneratorLike) =>
    simulate(generator, { seed: 5 }).planned.map(({ f, value }) => [f, value]);
  expect(values(cache(1, plain))).toEqual(values(plain));
  expect(fsOf(cache(1, [{ f: "a" }, { f: "b" }]))).toEqual(["a", "b"]);
});
