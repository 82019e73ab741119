import { expect, test } from "vitest";
import { cycle, ignoreUpdates, limit, onUpdate, repeat, tell, untilOk } from "../../src/generator/index.ts";
import { fsOf } from "./rows.ts";

test("onUpdate decides what follows an event", () => {
  const readUntilThree = (found: number): ReturnType<typeof onUpdate> =>
    onUpdate(
      (self, _test, _context, event) => {
        if (event.type !== "ok") return self;
        return found === 2 ? [{ f: "confirm" }] : readUntilThree(found + 1);
      },
      repeat({ f: "read" }),
    );
  expect(fsOf(readUntilThree(0), { concurrency: 1, lanes: [] })).toEqual(["read", "read", "read", "confirm"]);
});

test("onUpdate keeps events from the inner generator unless they are passed on", () => {
  const inner = untilOk(repeat({ f: "a" }));
  const kept = onUpdate((self) => self, inner);
  const passed = onUpdate((self, test, context, event) => tell(self.inner, test, context, event), inner);
  expect(fsOf(limit(3, kept), { concurrency: 1, lanes: [] })).toHaveLength(3);
  expect(fsOf(limit(3, passed), { concurrency: 1, lanes: [] })).toHaveLength(1);
});

test("ignoreUpdates swallows events", () => {
  const once = untilOk(repeat({ f: "a" }));
  expect(fsOf(limit(5, ignoreUpdates(once)), { concurrency: 1, lanes: [] })).toHaveLength(5);
  expect(fsOf(limit(5, cycle(2, once)), { concurrency: 1, lanes: [] })).toHaveLength(2);
});
