import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const TREES = ["src", "workloads", "nemesis", "reports"];

/** What every room may import. */
const GROUND = [
  "src/test.ts",
  "src/errors.ts",
  "src/parse.ts",
  "src/clock.ts",
  "src/random.ts",
  "src/abilities.ts",
  "src/members.ts",
  "src/fault-completion.ts",
  "src/history",
];

/** The rooms, and what else each may import. A file belongs to the first room whose path begins its own. */
const ROOMS: readonly (readonly [room: string, mayImport: readonly string[]])[] = [
  ["src/test.ts", ["src/history/op.ts", "src/random.ts"]],
  ["src/errors.ts", []],
  ["src/parse.ts", []],
  ["src/clock.ts", []],
  ["src/random.ts", []],
  ["src/abilities.ts", ["src/test.ts"]],
  ["src/members.ts", ["src/test.ts", "src/errors.ts"]],
  ["src/fault-completion.ts", ["src/test.ts"]],
  ["src/history/readers", ["src/history", "src/model"]],
  ["src/history", ["src/history", "src/errors.ts", "src/clock.ts"]],
  ["src/generator", ["src/generator"]],
  ["src/interpreter", ["src/interpreter", "src/generator"]],
  ["src/model", ["src/model"]],
  ["src/checker", ["src/checker", "src/model"]],
  ["src/control", ["src/control"]],
  ["src/cluster", ["src/cluster", "src/control"]],
  ["src/store", ["src/store"]],
  ["src/cli", ["src", "workloads", "nemesis", "reports"]],
  [
    "src",
    [
      "src/assemble.ts",
      "src/barrier.ts",
      "src/fetch-logs.ts",
      "src/heartbeat.ts",
      "src/process-watch.ts",
      "src/run-plan.ts",
      "src/run.ts",
      "src/checker",
      "src/control",
      "src/generator",
      "src/history",
      "src/interpreter",
      "src/model",
      "src/store",
    ],
  ],
  ["workloads", ["workloads", "src/checker", "src/control", "src/generator", "src/model"]],
  ["nemesis", ["nemesis", "src/control", "src/generator"]],
  ["reports", ["reports", "src/checker", "src/store", "src/control/argv.ts"]],
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function roomOf(file: string): readonly [string, readonly string[]] {
  const found = ROOMS.find(([room]) => isIn(file, room));
  if (!found) throw new Error(`${file} is in no room`);
  return found;
}

/** The project's own files that a file imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = [...text.matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gms)];
  return specifiers.map((match) => relative(root, resolve(root, dirname(file), match[1] ?? match[2] ?? "")));
}

const files = TREES.flatMap(sources);
const graph = new Map(files.map((file) => [file, importsOf(file)]));

describe("imports", () => {
  it("are found at all", () => {
    expect(graph.get("src/run.ts")).toContain("src/interpreter/interpreter.ts");
  });

  it("go one way only", () => {
    const wrong: string[] = [];
    for (const [file, imported] of graph) {
      const [room, may] = roomOf(file);
      const ground = room.startsWith("src/") && room.endsWith(".ts") ? [] : GROUND;
      for (const target of imported) {
        if (!isIn(target, room) && ![...may, ...ground].some((place) => isIn(target, place)))
          wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("make no circle", () => {
    const state = new Map<string, "open" | "done">();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
        return;
      }
      state.set(file, "open");
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      state.set(file, "done");
    };
    for (const file of graph.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });
});

describe("the one module of each", () => {
  const clean = (pattern: RegExp, owner: string) =>
    files.filter(
      (file) =>
        file !== owner &&
        !file.startsWith("reports/page/") &&
        pattern.test(readFileSync(join(root, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")),
    );

  it("owns randomness", () => {
    expect(clean(/Math\.random\(/, "src/random.ts")).toEqual([]);
  });

  it("owns the clocks", () => {
    expect(clean(/Date\.now\(|new Date\(\)|hrtime/, "src/clock.ts")).toEqual([]);
  });
});
