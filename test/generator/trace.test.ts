import { expect, test } from "vitest";
import { simulate, trace } from "../../src/generator/index.ts";

test("trace says every question, answer and event, and changes nothing", () => {
  const lines: string[] = [];
  const plain = simulate({ f: "a" }, { concurrency: 1, lanes: [] });
  const traced = simulate(
    trace("reads", { f: "a" }, (line) => lines.push(line)),
    { concurrency: 1, lanes: [] },
  );
  expect(traced).toEqual(plain);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^reads asked in .*timeNs: 0.*: \{.*f: 'a'/s);
  expect(lines[1]).toMatch(/^reads told of .*invoke/s);
  expect(lines[2]).toMatch(/^reads told of .*'ok'/s);
  expect(lines[3]).toMatch(/^reads asked in .*: exhausted$/s);
});
