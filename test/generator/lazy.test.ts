import { expect, test } from "vitest";
import { delivery, lazy, onUpdate } from "../../src/generator/index.ts";
import { fsOf, timesOf } from "./rows.ts";

test("lazy is made once, when first needed", () => {
  const made: string[] = [];
  const make = (name: string) => () => {
    made.push(name);
    return [{ f: name }, { f: name }];
  };
  const unneeded = lazy(make("never"));
  expect(fsOf([lazy(make("a")), { f: "b" }])).toEqual(["a", "a", "b"]);
  expect(made).toEqual(["a"]);
  expect(unneeded).toBeDefined();
});

test("delivery is pending until it is delivered, once", () => {
  const found = delivery();
  const finder = onUpdate(
    (self, _test, _context, event) => {
      if (event.type === "ok") {
        found.deliver([{ f: "b" }, { f: "c" }]);
        found.deliver({ f: "too late" });
      }
      return self;
    },
    [{ f: "a" }, found.generator],
  );
  expect(timesOf(finder, { concurrency: 2, lanes: [] })).toEqual([
    [0, "a"],
    [10, "b"],
    [10, "c"],
  ]);
});
