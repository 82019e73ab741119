import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport, writeReport } from "../../reports/report.ts";
import type { ReportInput } from "../../reports/report-input.ts";
import { HOSTILE, hostileRun } from "./hostile-run.ts";
import { brokenUndoRun, crashedRun, emptyRun, longRun, staleReadRun, unknownRun, validRun } from "./sample-runs.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "report-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Anchors of the sections that a page has. */
function sectionsOf(page: string): string[] {
  return Array.from(page.matchAll(/<section id="([a-z]+)"/g), ([, id]) => id ?? "");
}

/** The page without its own script and style, which are trusted. */
function bodyOf(page: string): string {
  return page.slice(page.indexOf("<body>"), page.lastIndexOf("<script>"));
}

const RUNS: Record<string, (directory: string) => ReportInput> = {
  validRun,
  staleReadRun,
  unknownRun,
  crashedRun,
  emptyRun,
  hostileRun,
};

describe("renderReport", () => {
  test.each(Object.entries(RUNS))(
    "%s asks for nothing from outside and runs nothing but its own script",
    async (_, make) => {
      const page = await renderReport(make(directory));
      const body = bodyOf(page);
      const tags = body.match(/<[a-z][^>]*>/gi) ?? [];
      expect(tags.length).toBeGreaterThan(50);
      expect(tags.filter((tag) => /^<(link|iframe|img|object|embed|base|form|style)\b/i.test(tag))).toEqual([]);
      // Values of attributes are quoted, and no quote comes from a value: what is left are the attributes' names.
      const names = tags.map((tag) => tag.replace(/"[^"]*"/g, ""));
      expect(names.filter((tag) => /\s(src|srcset|poster|data|action|style|on[a-z]+)=/i.test(tag))).toEqual([]);
      const hrefs = Array.from(body.matchAll(/href="([^"]*)"/g), ([, href]) => href ?? "");
      expect(hrefs.filter((href) => !/^(#|\.\/)/.test(href))).toEqual([]);
      expect(body.match(/<script(?! type="(application\/json|text\/plain)")/)).toBeNull();
      expect(page).toMatch(
        /Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/,
      );
    },
  );

  test("counts families that never took place, and of a single one what was skipped", async () => {
    const run = unknownRun(directory);
    const bands = [...run.bands, { family: "kill", start: ["kill"], stop: ["restart"] }];
    const page = await renderReport({ ...run, bands, record: { ...run.record, nemesis: ["partition", "kill"] } });
    expect(page).toContain("<dt>Faults proven</dt><dd>0 of 2 families</dd>");
    expect(await renderReport(run)).toContain("<dt>Faults proven</dt><dd>0 of 2</dd>");
  });

  test("breaks a command between its parts, not inside a flag or before its value", async () => {
    const run = validRun(directory);
    const commands = { ...run.commands, run: "jepsen-ts run etcd --shared --seed 3 --volume-set 'a b'" };
    const line = (await renderReport({ ...run, commands })).match(/<pre><code>(.*)<\/code><\/pre>/)?.[1] ?? "";
    const parts = Array.from(line.matchAll(/<span class="part">(.*?)<\/span>/g), ([, part]) => part);
    expect(parts).toEqual(["jepsen-ts", "run", "etcd", "--shared", "--seed 3", "--volume-set &#39;a b&#39;"]);
  });

  test("a valid run: figures with both partitions, their grids, no contradiction", async () => {
    const page = await renderReport(validRun(directory));
    expect(sectionsOf(page)).toEqual([
      "checks",
      "performance",
      "faults",
      "timeline",
      "statistics",
      "errors",
      "environment",
      "phases",
      "files",
    ]);
    expect(page).toMatch(/<title>Valid: etcd register partition<\/title>/);
    expect(page.match(/partition n4 \| n1 n2 n3 n5/g)?.length).toBeGreaterThan(2);
    // Both partitions cut this direction, at the start and before the end; after each it is open again.
    expect(page.match(/title="n4 → n1: cut, as asked"/g)).toHaveLength(4);
    expect(page.match(/title="n4 → n1: arrives, as asked"/g)).toHaveLength(2);
    expect(page.match(/title="n4 → n2: cut, as asked"/g)).toHaveLength(2);
    expect(page).toContain("--seed 4183920577");
    expect(page).toContain('<a href="./n1/etcd.log">n1/etcd.log</a>');
  });

  test("a fault whose undoing broke: it was seen, and nobody knows whether it lasted", async () => {
    expect(await renderReport(brokenUndoRun(directory))).toContain("Whether it lasted is not known");
    expect(await renderReport(validRun(directory))).not.toContain("Whether it lasted is not known");
  });

  test("a stale read: the contradiction in words, drawn, and its operations", async () => {
    const page = await renderReport(staleReadRun(directory));
    expect(sectionsOf(page)[0]).toBe("contradiction");
    expect(page).toMatch(/Process \d+ read \d on n4 after process \d+ had written \d and been told that it was done/);
    expect(page).toMatch(
      /3 operations on key \d+ that cannot all be true. None of them can be left out or weakened. Found by the check linearizable/,
    );
    expect(page.match(/<svg[^>]*class="(wide|narrow) order"/g)).toHaveLength(2);
    expect(page).toContain("1 further failure");
  });

  test("a failure without a contradiction: where it goes wrong, and no claim beyond that", async () => {
    const run = staleReadRun(directory);
    const failure = { key: 3, sentence: "Key 3: stuck.", operation: { invoked: 40 }, prefix: { last: [] }, states: [] };
    const results = { valid: false as const, checkers: { linear: { valid: false as const, failures: [failure] } } };
    const page = await renderReport({ ...run, results });
    expect(page).toContain("Where it goes wrong");
    expect(page).not.toContain("cannot all be true");
  });

  test("an unknown run: what was not proven, what was skipped, what went wrong beside it", async () => {
    const page = await renderReport(unknownRun(directory));
    expect(page).toContain("<title>Unknown");
    expect(page).toContain("n2 → n5: arrives, but cut was asked");
    expect(page).toContain("Nobody was primary, so there was nobody to cut off.");
    expect(page).toContain("n3: the log could not be fetched");
  });

  test("a crashed harness and an empty history have pages too", async () => {
    expect(await renderReport(crashedRun(directory))).toContain("n3 cannot be reached any more");
    const empty = await renderReport(emptyRun(directory));
    expect(empty).toContain("etcd did not come up on n2");
    expect(sectionsOf(empty)).toEqual(["faults", "environment", "phases", "files"]);
  });

  test("a history that is damaged is shown as damaged", async () => {
    const run = validRun(directory);
    const history = [run.history[0]!, { ...run.history[0]!, index: 1 }];
    const page = await renderReport({ ...run, history });
    expect(page).toContain("The history cannot be read as operations: Process");
    expect(sectionsOf(page)).not.toContain("timeline");
  });

  test("hostile text is only ever text", async () => {
    const body = bodyOf(await renderReport(hostileRun(directory)));
    for (const text of HOSTILE.slice(0, 4)) expect(body).not.toContain(text);
    for (const character of "\u2028\u2029\u202e\u0000") expect(body).not.toContain(character);
    expect(body).toContain("&lt;/script&gt;&lt;img src=x onerror");
    expect(body).toContain('href="./javascript%3Aalert(1)/');
  });

  test("a long history makes a small page", async () => {
    const run = longRun(directory, 100_000);
    expect(run.history.length).toBeGreaterThan(200_000);
    expect((await renderReport(run)).length).toBeLessThan(3_000_000);
  });
});

test("writeReport leaves one file, whole", async () => {
  const run = crashedRun(directory);
  await writeReport(run);
  expect(await readdir(directory)).toEqual(["report.html"]);
  expect(await readFile(join(directory, "report.html"), "utf8")).toBe(await renderReport(run));
  await expect(writeReport({ ...run, directory: join(directory, "missing") })).rejects.toMatchObject({ code: "disk" });
});
