import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Op } from "../../src/history/op.ts";
import { operations, pairs } from "../../src/history/pairs.ts";
import { historyOf } from "./rows.ts";

describe("pairs", () => {
  it("pairs by process, also when completions overtake each other", () => {
    const history = historyOf(
      [0, "invoke", "a"],
      [1, "invoke", "b"],
      [1, "ok", "b"],
      [0, "info", "a"],
      [2, "invoke", "c"],
    );
    expect([...pairs(history)]).toEqual([3, 2, 1, 0, -1]);
  });

  it("pairs nemesis operations by lane", () => {
    const history = historyOf(
      ["nemesis:kill", "invoke", "kill"],
      ["nemesis:clock", "invoke", "bump"],
      ["nemesis:kill", "ok", "kill"],
      ["nemesis:clock", "fail", "bump"],
    );
    expect([...pairs(history)]).toEqual([2, 3, 0, 1]);
  });

  it("counts positions in the array given, not indices", () => {
    const history = historyOf([0, "invoke", "a"], [1, "invoke", "b"], [0, "ok", "a"], [1, "ok", "b"]);
    expect([...pairs(history.filter((op) => op.process === 1))]).toEqual([1, 0]);
  });

  it("takes an info of an idle process for a remark", () => {
    expect([...pairs(historyOf(["nemesis", "info", "started"], [0, "invoke", "a"]))]).toEqual([-1, -1]);
  });

  it("refuses a process that does two things at a time", () => {
    expect(() => pairs(historyOf([7, "invoke", "a"], [7, "invoke", "b"]))).toThrow(
      /Process 7 begins operation 1 while its operation 0/,
    );
  });

  it.each(["ok", "fail"] as const)("refuses a completion (%s) of nothing", (type) => {
    expect(() => pairs(historyOf([3, type, "a"]))).toThrow(/Operation 0 ends .* process 3 never began/);
  });

  it("is its own inverse and keeps processes together, for any well-formed history", () => {
    const steps = fc.array(fc.record({ process: fc.nat(4), type: fc.constantFrom("ok", "fail", "info") }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (chosen) => {
        const open = new Set<number>();
        const history: Op[] = chosen.map(({ process, type }, index) => {
          const ends = open.delete(process);
          if (!ends) open.add(process);
          return { index, time: index, process, f: "x", value: null, type: ends ? (type as Op["type"]) : "invoke" };
        });
        const partner = pairs(history);
        let unpaired = 0;
        for (const [position, other] of partner.entries()) {
          if (other < 0) {
            expect(history[position]!.type).toBe("invoke");
            unpaired++;
            continue;
          }
          expect(partner[other]).toBe(position);
          expect(history[other]!.process).toBe(history[position]!.process);
          expect(history[Math.min(position, other)]!.type).toBe("invoke");
        }
        expect(unpaired).toBe(open.size);
      }),
    );
  });
});

describe("operations", () => {
  it("lists them in the order of invocation, the unfinished without a completion", () => {
    const history = historyOf([0, "invoke", "a"], [1, "invoke", "b"], [1, "ok", "b"]);
    expect(operations(history)).toEqual([{ invoke: history[0] }, { invoke: history[1], completion: history[2] }]);
  });
});

it("refuses a completion of something else than was begun", () => {
  expect(() => pairs(historyOf([0, "invoke", "write", 1], [0, "ok", "read", 7]))).toThrow(
    'Operation 1 ends a "read", but what process 0 began (operation 0) is a "write".',
  );
});
