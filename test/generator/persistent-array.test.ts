import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PersistentArray } from "../../src/generator/persistent-array.ts";

test("it behaves as an array, and every earlier one stays what it was", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.tuple(fc.nat(99), fc.nat()), { maxLength: 40 }),
      (length, writes) => {
        const versions = [{ real: PersistentArray.filled(length, -1), model: Array.from({ length }, () => -1) }];
        for (const [at, value] of writes) {
          const { real, model } = versions.at(-1)!;
          versions.push({ real: real.with(at % length, value), model: model.with(at % length, value) });
        }
        for (const { real, model } of versions)
          expect(Array.from({ length: real.length }, (_, i) => real.at(i))).toEqual(model);
      },
    ),
    { numRuns: 50 },
  );
});
