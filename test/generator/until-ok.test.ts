import { expect, test } from "vitest";
import { any, clients, imperfect, limit, repeat, simulate, untilOk } from "../../src/generator/index.ts";
import { fsOf } from "./rows.ts";

test("untilOk ends with the first ok of its own", () => {
  const { history } = simulate(clients(untilOk(repeat({ f: "read" }))), { concurrency: 1, client: imperfect });
  expect(history.map(({ type, process }) => [type, process])).toEqual([
    ["invoke", 0],
    ["fail", 0],
    ["invoke", 0],
    ["info", 0],
    ["invoke", 1],
    ["ok", 1],
  ]);
});

test("untilOk does not care for the ok of others", () => {
  const both = any(untilOk(limit(4, repeat({ f: "mine" }))), limit(30, repeat({ f: "theirs" })));
  const client = ({ f }: { readonly f: string }) => ({ type: f === "mine" ? "fail" : "ok" }) as const;
  expect(fsOf(both, { client }).filter((f) => f === "mine")).toHaveLength(4);
});

test("untilOk begins no more while others are in flight, but those end", () => {
  const { history } = simulate(untilOk(repeat({ f: "a" })), { concurrency: 3, lanes: [] });
  expect(history.map(({ type }) => type)).toEqual(["invoke", "invoke", "invoke", "ok", "ok", "ok"]);
});
