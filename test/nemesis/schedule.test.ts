import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FAMILIES } from "../../nemesis/index.ts";
import { readSchedule, scheduled } from "../../nemesis/schedule.ts";
import { lane, simulate } from "../../src/generator/index.ts";
import type { NemesisPackage } from "../../src/test.ts";

const nodes = ["n1", "n2", "n3"];
const packages = [...FAMILIES.values()].map((family) =>
  family.make({ nodes, db: undefined, options: {}, intervalMs: 1000 }),
);

function check(family: string, f: string, value?: unknown, at = 1) {
  return () => scheduled(packages, [{ at, family, f, value }], 10);
}

describe("a schedule", () => {
  it.each<[string, string, unknown]>([
    ["partition", "start-partition", { kind: "bridge" }],
    ["partition", "start-partition", { grudge: { n1: ["n2"] }, flap: { downMs: 500, upMs: 2000 } }],
    ["partition", "stop-partition", undefined],
    ["kill", "kill", { nodes: ["n2"] }],
    ["pause", "pause", { targets: "primaries" }],
    ["stop", "stop", { targets: "named", nodes: ["n1"] }],
    ["clock", "bump-clock", { n2: 60_000 }],
    ["clock", "strobe-clock", { n1: { deltaMs: 500, periodMs: 10, durationMs: 5000 } }],
    ["clock", "reset-clock", undefined],
    ["clock", "check-clock-offsets", undefined],
    ["packet", "start-packet", { kind: "loss", percent: 30, links: { n1: ["n2"] } }],
    ["disk", "fill-disk", { nodes: ["n1"], reserveBytes: 0 }],
    ["ports", "cut-ports", { targets: "one", kind: "peer" }],
    ["files", "snapshot-chunks", { targets: "all", seed: 1 }],
    ["files", "flip-bits", { nodes: ["n1"], file: "wal" }],
    ["membership", "remove-member", undefined],
  ])("may say %s, %s, %j", (family, f, value) => {
    expect(check(family, f, value)).not.toThrow();
  });

  it.each<[string, string, unknown, RegExp]>([
    [
      "kill",
      "kill",
      { nodes: ["n9"] },
      /Entry 1 of the schedule \(kill at 1 s\) .* there is no node n9, but n1, n2, n3\./,
    ],
    ["kill", "kill", { target: "one" }, /"target"/],
    ["kill", "kill", {}, /it names no targets: give "nodes", or "targets" as one of one, minority/],
    ["pause", "pause", { targets: "primary" }, /targets: must be one of .*primaries.*, not "primary"/],
    ["kill", "start-killed", { nodes: ["n1"] }, /start-killed takes none/],
    ["partition", "start-partition", undefined, /must be an object, and is missing/],
    ["partition", "start-partition", {}, /neither "grudge", nor "nodes"/],
    ["packet", "start-packet", { kind: "loss" }, /neither "nodes", nor "targets", nor "links"/],
    ["partition", "start-partition", { kind: "halfs" }, /kind: must be one of halves, .*, not "halfs"/],
    ["partition", "start-partition", { grugde: {} }, /"grugde"/],
    ["partition", "start-partition", { grudge: { n1: ["n9"] } }, /there is no node n9/],
    ["packet", "start-packet", { kind: "loss", percent: 500, nodes: ["n1"] }, /percent: must be at most 100, not 500/],
    ["clock", "bump-clock", { n2: "60000" }, /n2: must be a number, not "60000"/],
    ["clock", "bump-clock", { n7: 1 }, /there is no node n7/],
    ["clock", "reset-clock", ["n7"], /\[0\]: must be one of n1, n2, n3, not "n7"/],
    ["membership", "remove-member", { node: "n3" }, /"node"/],
  ])("may not say %s, %s, %j", (family, f, value, sentence) => {
    expect(check(family, f, value)).toThrow(sentence);
  });

  it("has nothing after the time limit", () => {
    expect(check("kill", "kill", { nodes: ["n1"] }, 50)).toThrow(/comes too late: --time-limit ends the run at 10 s/);
  });

  it("may hand any value to a package that does not say what it takes", () => {
    const own: NemesisPackage = {
      name: "own",
      nemesis: { fs: new Set(["own"]), invoke: async () => ({ type: "ok" }) },
      generator: undefined,
      finalGenerator: undefined,
      bands: [],
    };
    expect(() => scheduled([own], [{ at: 1, family: "own", f: "own", value: { any: 1 } }], 10)).not.toThrow();
  });

  it("takes from a recorded operation what may be asked for, and leaves out what the answer told beside it", async () => {
    const value = { kind: "given", grudge: { n1: ["n2"] }, description: "n1 drops n2" };
    const [partition] = scheduled(
      packages.filter(({ name }) => name === "partition"),
      [{ at: 1, family: "partition", f: "start-partition", value, recorded: true }],
      10,
    );
    const { history } = simulate(lane("partition", partition?.generator), { lanes: ["partition"] });
    expect(history[0]?.value).toEqual({ kind: "given", grudge: { n1: ["n2"] } });
  });
});

describe("a schedule's file", () => {
  const read = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), "jepsen-ts-test-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "faults.json"), text);
    return readSchedule(join(folder, "faults.json")).catch((error: Error) => error.message);
  };

  it.each([
    ['[{"at": "soon", "family": "kill", "f": "kill"}]', 'is wrong: entry 1: at: must be a number, not "soon". It is'],
    ['[{"at": 1, "family": "kill", "f": "kill", "values": 1}]', 'is wrong: entry 1: must not have "values", but may'],
    ["{}", "is wrong: must be a list, not {}. It is a list like"],
    ["[]", "is wrong: must have at least 1 entry, not []. It is"],
  ])("%s is refused", async (text, sentence) => {
    expect(await read(text)).toContain(sentence);
  });

  it("is read", async () => {
    const fault = { at: 1, family: "kill", f: "kill", value: { nodes: ["n1"] } };
    expect(await read(JSON.stringify([fault]))).toEqual([fault]);
  });
});
