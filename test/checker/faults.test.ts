import { describe, expect, it } from "vitest";
import { type FaultsResult, faults } from "../../src/checker/faults.ts";
import type { OpType } from "../../src/history/op.ts";
import type { Band } from "../../src/test.ts";
import { historyOf, type Row } from "../history/rows.ts";
import { run } from "./run-checker.ts";

const partition: Band = { family: "partition", start: ["start-partition"], stop: ["stop-partition"] };
const corrupt: Band = { family: "corrupt", start: ["flip-bits"], stop: [] };

const proof = { evidence: { proven: true, summary: "n1 sees nobody" } };
const disproof = { evidence: { proven: false, summary: "n1 sees n2" } };

/** An operation of a fault family from beginning to end. */
function fault(f: string, type: OpType | "open", rest: object = {}, lane = "partition"): Row[] {
  const process = `nemesis:${lane}` as const;
  const begin: Row = [process, "invoke", f];
  return type === "open" ? [begin] : [begin, [process, type, f, undefined, rest]];
}

async function judge(
  rows: readonly Row[],
  requested = ["partition"],
  bands = [partition, corrupt],
): Promise<FaultsResult> {
  return (await run(faults({ bands, requested }), historyOf(...rows))) as FaultsResult;
}

const start = (type: OpType | "open", rest: object = {}) => fault("start-partition", type, rest);
const stop = (type: OpType | "open", rest: object = {}) => fault("stop-partition", type, rest);

describe("faults", () => {
  it("is satisfied by one proven install and a proven undo, whatever else was skipped or unclear", async () => {
    const result = await judge([
      ...start("fail"),
      ...start("info"),
      ...stop("info"),
      ...start("ok", proof),
      ...stop("ok", proof),
      ...stop("fail"),
    ]);
    expect(result.valid).toBe(true);
    expect(result.families.partition).toEqual({
      valid: true,
      requested: true,
      installs: { proven: 1, unproven: 0, skipped: 1, indeterminate: 1 },
      undos: { proven: 1, unproven: 0, skipped: 1, indeterminate: 1 },
    });
  });

  it.each<[string, Row[]]>([
    ["nothing happened", []],
    ["it was skipped", [...start("fail"), ...stop("ok", proof)]],
    ["it is indeterminate", [...start("info", proof), ...stop("ok", proof)]],
    ["it was not completed", [...start("open")]],
    ["the evidence speaks against it", [...start("ok", disproof), ...stop("ok", proof)]],
    ["there is no evidence", [...start("ok"), ...stop("ok", proof)]],
  ])("is unknown and names the family when %s", async (_name, rows) => {
    const result = await judge(rows);
    expect(result.valid).toBe("unknown");
    expect(result.summary).toMatch(/^Fault partition: it was never (tried|proven to have taken hold)/);
  });

  it.each<[string, Row[]]>([
    ["it was not undone", start("ok", proof)],
    ["the undoing is indeterminate", [...start("ok", proof), ...stop("info", proof)]],
    ["the undoing is not proven", [...start("ok", proof), ...stop("ok", disproof)]],
    ["it was installed again", [...start("ok", proof), ...stop("ok", proof), ...start("ok", proof)]],
    ["it was perhaps installed again", [...start("ok", proof), ...stop("ok", proof), ...start("info")]],
    ["the last look saw it in force", [...start("ok", proof), ...stop("ok", proof), ...stop("ok", disproof)]],
  ])("is unknown when %s at the end", async (_name, rows) => {
    const result = await judge(rows);
    expect(result.valid).toBe("unknown");
    expect(result.summary).toMatch(/^Fault partition: it was never proven undone/);
  });

  it.each<[string, Row[]]>([
    ["was measured to have ended before its undoing", [...stop("info", disproof), ...stop("ok", proof)]],
    ["was not measured any more, because its undoing broke", [...stop("info"), ...stop("ok", proof)]],
    ["was not measured any more, because its undoing never ended", stop("open")],
  ])("does not count an installation that %s", async (_name, undoing) => {
    const result = await judge([...start("ok", proof), ...undoing]);
    expect(result.valid).toBe("unknown");
    expect(result.families.partition!.installs).toMatchObject({ proven: 0, indeterminate: 1 });
    expect(result.bands[0]).toMatchObject({ install: "indeterminate", evidence: { proven: true } });
  });

  it("accepts a later undoing for one that was unclear but saw the fault in force", async () => {
    const rows = [...start("ok", proof), ...stop("info", proof), ...stop("ok", proof)];
    expect((await judge(rows)).valid).toBe(true);
  });

  it("asks no undoing of what cannot be undone", async () => {
    const result = await judge(fault("flip-bits", "ok", proof, "corrupt"), ["corrupt"]);
    expect(result).toMatchObject({ valid: true, bands: [{ family: "corrupt", startTime: 0, endTime: 1_000_000 }] });
  });

  it("does not judge families that nobody asked for", async () => {
    expect(await judge(start("ok"), [])).toMatchObject({ valid: true, families: { partition: { requested: false } } });
  });

  it("is unknown for a family that it knows nothing of", async () => {
    expect(await judge([], ["gravity"])).toMatchObject({
      valid: "unknown",
      summary: "Fault gravity: it was never tried.",
    });
  });

  it("tells families that share an operation's name apart by their lanes", async () => {
    const bands: Band[] = [
      { family: "a", start: ["start"], stop: ["stop"] },
      { family: "b", start: ["start"], stop: ["stop"] },
    ];
    const rows = [...fault("start", "ok", proof, "a"), ...fault("stop", "ok", proof, "a")];
    const result = await judge(rows, ["a", "b"], bands);
    expect(result.families).toMatchObject({ a: { valid: true }, b: { valid: "unknown" } });
  });

  it("does not take a client's operation for a fault", async () => {
    const rows: Row[] = [
      [0, "invoke", "start-partition"],
      [0, "ok", "start-partition", null, proof],
    ];
    expect((await judge(rows)).families.partition!.installs.proven).toBe(0);
  });
});

describe("bands", () => {
  it("last from the beginning of the install to the end of the undo, with the evidence of both", async () => {
    const undone = { evidence: { proven: true, summary: "all see all" } };
    const result = await judge([...start("fail"), ...start("ok", proof), ...stop("ok", undone), ...start("info")]);
    expect(result.bands).toEqual([
      {
        family: "partition",
        f: "start-partition",
        value: undefined,
        startIndex: 2,
        startTime: 2_000_000,
        installedTime: 3_000_000,
        endTime: 5_000_000,
        install: "proven",
        undo: "proven",
        evidence: proof.evidence,
        undoEvidence: undone.evidence,
      },
      {
        family: "partition",
        f: "start-partition",
        value: undefined,
        startIndex: 6,
        startTime: 6_000_000,
        installedTime: 7_000_000,
        install: "indeterminate",
      },
    ]);
  });

  it("of two installs end with the undo that follows them", async () => {
    const { bands } = await judge([...start("ok", proof), ...start("ok", proof), ...stop("info")]);
    expect(bands.map(({ endTime, undo }) => [endTime, undo])).toEqual([
      [5_000_000, "indeterminate"],
      [5_000_000, "indeterminate"],
    ]);
  });
});
