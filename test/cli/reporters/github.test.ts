import { describe, expect, it } from "vitest";
import {
  annotations,
  escapeData,
  escapeProperty,
  markdownText,
  SUMMARY_BYTES_MAX,
  summaryMarkdown,
} from "../../../src/cli/reporters/github.ts";
import { BAD, GOOD, INTERRUPTED, UNSTARTED } from "./runs.ts";

describe("escapes", () => {
  it("are those of GitHub's toolkit", () => {
    expect(escapeData("100%\r\na:b,c")).toBe("100%25%0D%0Aa:b,c");
    expect(escapeProperty("100%\r\na:b,c")).toBe("100%25%0D%0Aa%3Ab%2Cc");
    expect(escapeData("%0A")).toBe("%250A");
  });
});

describe("annotations", () => {
  it("are an error for what is invalid and a warning for what is unknown, and none for what is valid", () => {
    const lines = annotations([BAD]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::error title=etcd register partition%3A workload is invalid::read "<b>/);
    expect(lines[1]).toMatch(
      /^::warning title=etcd register partition%3A faults is unknown::partition never took hold%0Aagain: jepsen-ts run/,
    );
    expect(annotations([GOOD])).toEqual([]);
  });

  it("tell of a harness that failed, and of an interruption", () => {
    expect(annotations([UNSTARTED])).toEqual([
      "::error title=etcd register%3A the harness failed::Making nodes needs root.",
      "::warning title=etcd register%3A verdict is unknown::Making nodes needs root.",
    ]);
    expect(annotations([INTERRUPTED])[0]).toMatch(/^::warning title=etcd set%3A interrupted::/);
  });

  it("cannot be broken out of: one line each, whatever a database said", () => {
    for (const line of annotations([BAD])) {
      expect(line).not.toMatch(/[\r\n]/);
      expect(line.indexOf("::")).toBe(0);
      expect(line.slice(2).split("::")[0]).toMatch(/^(error|warning) title=[^:,]*$/);
    }
  });

  it("are ten of each kind at most, and the last says how many there are besides", () => {
    const checks = Array.from({ length: 25 }, (_, i) => ({ name: `c${i}`, valid: false as const }));
    const lines = annotations([{ ...BAD, checks }]);
    expect(lines).toHaveLength(10);
    expect(lines[9]).toContain("and 16 more");
    expect(annotations([{ ...BAD, checks: checks.slice(0, 10) }])).toHaveLength(10);
    expect(annotations([{ ...BAD, checks: checks.slice(0, 10) }])[9]).toContain("c9");
  });

  it("are short", () => {
    const long = { ...BAD, checks: [{ name: "c", valid: false as const, summary: "x".repeat(1 << 20) }] };
    expect(annotations([long])[0]?.length).toBeLessThan(5_000);
  });
});

describe("summaryMarkdown", () => {
  const page = summaryMarkdown([BAD, GOOD], SUMMARY_BYTES_MAX);

  it("has the verdict, each check, and how to run it again", () => {
    expect(page).toContain("### ❌ **invalid** — etcd register partition");
    expect(page).toContain("| stats | ✅ valid | 3 operations |");
    expect(page).toContain("| faults | ⚠️ unknown |");
    expect(page).toContain("Again: ` jepsen-ts run etcd --nemesis partition --seed 7 `");
    expect(page).toContain("### ✅ valid — etcd set");
  });

  it("shows values as they are, never as markup", () => {
    const row = page.split("\n").find((line) => line.startsWith("| workload | ❌")) ?? "";
    const cells = row.replaceAll(/\\./g, "").split("|");
    expect(cells).toHaveLength(5);
    expect(cells[3]).not.toMatch(/[<>`[\]()#@*_&]/);
    expect(markdownText("a|b\r\n c")).toBe("a\\|b c");
  });

  it("has room for backticks in a command", () => {
    expect(summaryMarkdown([{ ...GOOD, again: "a `b` ``c``" }], SUMMARY_BYTES_MAX)).toContain("``` a `b` ``c`` ```");
  });

  it("never is bigger than it may be, and says what is missing", () => {
    const long = { ...BAD, summary: "ä€".repeat(100_000) };
    const many = summaryMarkdown(
      Array.from({ length: 500 }, () => long),
      SUMMARY_BYTES_MAX,
    );
    expect(Buffer.byteLength(many)).toBeLessThanOrEqual(SUMMARY_BYTES_MAX);
    expect(Buffer.byteLength(many)).toBeGreaterThan(SUMMARY_BYTES_MAX * 0.9);
    expect(many).toContain("cut off");
    expect(summaryMarkdown([BAD], 10)).toBe("");
    expect(summaryMarkdown([BAD], -5)).toBe("");
  });
});
