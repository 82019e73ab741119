import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MinHeap } from "../../src/generator/min-heap.ts";

test("a heap gives the least key first, and equals in the order they came", () => {
  const step = fc.oneof(fc.record({ key: fc.nat(6) }), fc.constant("take" as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const heap = new MinHeap<number>();
      let model: { readonly key: number; readonly value: number }[] = [];
      steps.forEach((each, value) => {
        if (each === "take") {
          const least = Math.min(...model.map(({ key }) => key));
          expect(heap.leastKey).toBe(model.length === 0 ? undefined : least);
          const first = model.find(({ key }) => key === least);
          expect(heap.take()).toBe(first?.value);
          model = model.filter((entry) => entry !== first);
        } else {
          heap.add(each.key, value);
          model.push({ key: each.key, value });
        }
        expect(heap.size).toBe(model.length);
      });
    }),
  );
});
