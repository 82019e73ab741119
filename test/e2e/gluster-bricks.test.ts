import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import { expectVerdict, folder, run } from "./cli.ts";

test("a brick leaves a volume in use, another node gets one, and no record is lost", async () => {
  const store = await folder();
  const schedule: FaultSchedule = [
    { at: 1, family: "bricks", f: "remove-brick", value: { order: ["n5", "n1"] } },
    { at: 1.1, family: "bricks", f: "add-brick", value: { order: ["n3", "n4"] } },
  ];
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const faults = ["--nemesis", "bricks", "--nemesis-schedule", path];
  const pace = ["--rate", "100", "--time-limit", "10", "--settle", "1", "--store", store];
  const result = await run(["gluster", "--workload", "fs-append", ...faults, ...pace]);
  expectVerdict(result, true);
  const { history } = await loadHistory(join(result.directory, "history.jsonl"));
  const [removed, added, , healed] = history.filter((op) => op.process === "nemesis:bricks" && op.type !== "invoke");
  expect(removed).toMatchObject({ f: "remove-brick", type: "ok", value: { node: "n1" } });
  expect(removed?.evidence?.details).toMatchObject({ after: ["n2", "n3"], running: ["n2", "n3"] });
  expect(added).toMatchObject({ f: "add-brick", type: "ok", value: { node: "n4" } });
  expect(healed).toMatchObject({ f: "heal-bricks", type: "ok" });
  expect(healed?.evidence?.details).toMatchObject({ after: ["n2", "n3", "n4"], running: ["n2", "n3", "n4"] });
});
