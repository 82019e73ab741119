import { describe, expect, it } from "vitest";
import { recovery } from "../../src/checker/recovery.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const FAULT: readonly Row[] = [
  [0, "invoke", "read"],
  [0, "ok", "read", 1],
  ["nemesis:kill", "invoke", "kill"],
  ["nemesis:kill", "ok", "kill"],
  [1, "invoke", "read"],
  ["nemesis:kill", "invoke", "heal-kill"],
  ["nemesis:kill", "ok", "heal-kill"],
  [1, "ok", "read", 1],
];

const keyed = (process: number, key: number, type: "ok" | "fail"): readonly Row[] => [
  [process, "invoke", "read", null, { key }],
  [process, type, "read", type === "ok" ? 1 : null, { key }],
];

describe("recovery", () => {
  it("is unknown when nothing that was begun after the faults succeeded, whatever did before", async () => {
    const history = historyOf(...FAULT, ...keyed(2, 7, "fail"), [3, "invoke", "read"]);
    expect(await run(recovery(), history)).toEqual({
      valid: "unknown",
      summary:
        "Not one of the 2 operations after the faults succeeded: whether the system recovered, and what it kept, is not known.",
      count: 2,
      okCount: 0,
      unreachedKeys: [7],
    });
  });

  it("names the keys that did not answer when others did", async () => {
    const history = historyOf(...FAULT, ...keyed(2, 7, "fail"), ...keyed(2, 8, "fail"), ...keyed(3, 8, "ok"));
    expect(await run(recovery(), history)).toMatchObject({
      valid: true,
      summary: "1 of the 3 operations after the faults succeeded. 1 key of these did not answer: 7.",
    });
  });

  it("says nothing of what was never asked, and of a run without faults", async () => {
    expect(await run(recovery(), historyOf(...FAULT))).toMatchObject({ valid: true, count: 0 });
    expect(await run(recovery(), historyOf(...keyed(2, 7, "fail")))).toMatchObject({ valid: true, count: 0 });
  });
});
