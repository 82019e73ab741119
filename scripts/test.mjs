#!/usr/bin/env node
// `npm test`: makes the machine ready and runs everything. With a word: only `check` (format, lint, types), `unit`
// (neither root nor packages), `e2e` (real nodes), or `full` (everything, and the long runs as well).
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { groups } from "./packages.mjs";
import { giveUp, nodeVersion, npmTree, systemPackages } from "./setup.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const STEP_TIMEOUT_MS = 45 * 60_000;
const mode = process.argv[2] ?? "all";
const more = process.argv.slice(3);
const counts = { passed: 0, failed: 0, skipped: 0 };
let failed = false;

function step(name, argv, env = {}) {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  const done = spawnSync(process.execPath, argv, {
    cwd: root,
    stdio: "inherit",
    timeout: STEP_TIMEOUT_MS,
    env: { ...process.env, ...env },
  });
  process.stdout.write(
    `== ${name}: ${done.status === 0 ? "passed" : "FAILED"} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
  if (done.status !== 0) failed = true;
  return done.status === 0;
}

const tool = (name, path) => join(root, "node_modules", name, path);

function checks() {
  step("format and lint (biome)", [tool("@biomejs/biome", "bin/biome"), "check", "--error-on-warnings", "."]);
  step("lint (oxlint)", [tool("oxlint", "bin/oxlint"), "--deny-warnings"]);
  step("types (tsc)", [tool("typescript", "bin/tsc"), "-p", "."]);
  step("types of the report's page (tsc)", [tool("typescript", "bin/tsc"), "-p", "reports/page"]);
}

function vitest(project, env = {}) {
  const report = join(tmpdir(), `jepsen-ts-${project}-${process.pid}.json`);
  const argv = [
    tool("vitest", "vitest.mjs"),
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${report}`,
    ...more,
  ];
  step(`tests: ${project}`, argv, env);
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
  } catch {
    failed = true; // vitest died before it could report: its own words stand above
  }
  rmSync(report, { force: true });
}

if (!["all", "check", "unit", "e2e", "full"].includes(mode))
  giveUp(`Unknown part "${mode}": choose check, unit, e2e or full.`);
nodeVersion();
if (mode === "all" || mode === "e2e" || mode === "full") {
  if (process.getuid?.() !== 0)
    giveUp("The end-to-end tests make nodes out of namespaces, which needs root: use sudo, or `npm run test:unit`.");
  systemPackages(Object.keys(groups));
}
npmTree();
step("build", [join(root, "scripts", "build.mjs")]);
if (mode === "all" || mode === "check" || mode === "full") checks();
if (mode === "all" || mode === "unit" || mode === "full") vitest("unit");
if (mode === "all" || mode === "e2e" || mode === "full") vitest("e2e", mode === "full" ? { JEPSEN_TS_FULL: "1" } : {});
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exit(failed || counts.failed > 0 ? 1 : 0);
