import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A bad history in the file that the page's program reads; and what the page builds, checked at its end. */
const HISTORY = [
  { index: 0, time: 0, type: "invoke", process: 0, f: "write", value: 1 },
  { index: 1, time: 1, type: "ok", process: 0, f: "write", value: 1 },
  { index: 2, time: 2, type: "invoke", process: 0, f: "read", value: null },
  { index: 3, time: 3, type: "ok", process: 0, f: "read", value: 2 },
];
const END = `
const put = { process: 0, f: "put" };
const read = { process: 0, f: "read", value: null };
const own = [{ ...put, value: 3 }, { ...read, value: 3 }, { ...put, value: 1 }, { ...read, value: 1 }].flatMap(
  ({ process, f, value }, i): Op[] => [
    { index: 2 * i, time: 2 * i, type: "invoke", process, f, value: f === "put" ? value : null },
    { index: 2 * i + 1, time: 2 * i + 1, type: "ok", process, f, value },
  ],
);
const judged = checkLinearizable(maximum, own);
console.log(JSON.stringify([valid, summary, checkLinearizable(modelByName("register"), events).valid, judged.summary]));
`;

test("the programs of docs/checking.md compile and do what it says", () => {
  const page = readFileSync(join(root, "docs", "checking.md"), "utf8");
  const program = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text).join("\n");
  // In the package itself, so that its name means it.
  const folder = mkdtempSync(join(root, "dist", "checking-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "program.ts");
  writeFileSync(file, program + END);
  writeFileSync(join(folder, "history.jsonl"), HISTORY.map((op) => `${JSON.stringify(op)}\n`).join(""));
  const run = (argv: readonly string[]) =>
    spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8", timeout: 120_000 });

  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const flags = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--types",
    "node",
  ];
  expect(run([tsc, ...flags, file]).stdout).toBe("");

  const { stdout, stderr } = run(["--import", "tsx", file]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual([
    false,
    expect.stringContaining("nobody wrote the value that it saw"),
    true,
    "4 operations on one maximum are not linearizable. read → 3 by process 0 (#2–#3), then read → 1 by process 0 (#6–#7): in no order do they fit: it saw 1 while the maximum is 3.",
  ]);
});
