#!/usr/bin/env node
// Builds dist/ when something is newer than it: TypeScript by tsc, and the assets of the report's page.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "dist", ".built");
const SOURCES = [
  "src",
  "workloads",
  "nemesis",
  "reports",
  "bench",
  // What bench/soak.ts holds the checker against.
  "test/checker/linearizable",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
];
/** Files that the program reads at run time and that tsc does not make. */
const ASSETS = /\.(css|py|sh)$/;

function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function assets(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return assets(path);
    return ASSETS.test(entry.name) ? [path] : [];
  });
}

/** Whether a source is newer than the last build. */
export function isStale() {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return SOURCES.some((path) => newest(join(root, path)) > built);
}

/** Builds; returns what the compiler said when it failed, undefined when all is well. */
export function build() {
  const started = new Date();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) return "The npm packages are missing: run `npm ci` in the clone first.";
  const done = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
    encoding: "utf8",
    timeout: 300_000,
  });
  if (done.status !== 0) return `${done.stdout}${done.stderr}`.trim();
  for (const folder of ["src", "workloads", "nemesis", "reports"]) {
    for (const path of assets(join(root, folder))) {
      const target = join(root, "dist", path.slice(root.length));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, target);
    }
  }
  const esbuild = join(root, "node_modules", "esbuild", "bin", "esbuild");
  const page = [
    "reports/page/page.ts",
    "--bundle",
    "--format=iife",
    "--target=es2022",
    "--minify",
    "--log-level=warning",
  ];
  const bundled = spawnSync(process.execPath, [esbuild, ...page, "--outfile=dist/reports/page/page.js"], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (bundled.status !== 0) return `${bundled.stdout}${bundled.stderr}`.trim();
  writeFileSync(stamp, `${started.toISOString()}\n`);
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = isStale() || process.argv.includes("--force") ? build() : undefined;
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exit(1);
  }
}
