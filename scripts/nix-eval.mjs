#!/usr/bin/env node
// Evaluates everything in nix/ with a real nixpkgs: NIXPKGS=/path/to/nixpkgs npm run nix:eval
// Builds nothing, needs nix-instantiate only, and writes into a temporary store. Exit codes: 0 all good, 1 something
// is not, 254 where it cannot run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A host with five containers took 15–30 s where it was measured. */
const CHECK_TIMEOUT_MS = 600_000;

const isDerivation = (value) => typeof value === "string" && /^\/nix\/store\/.+\.drv$/.test(value);

/** The attributes of nix/tests/evaluate.nix, and what each must give. */
const checks = [
  ["example", isDerivation],
  ["everything", isDerivation],
  ["ownDatabase", isDerivation],
  ["package", isDerivation],
  ["overlay", isDerivation],
  ["shell", isDerivation],
  ["testEtcd", isDerivation],
  ["testGluster", isDerivation],
  ["testCeph", isDerivation],
  ["driver", isDerivation],
  [
    "brokenValue",
    (value) =>
      Array.isArray(value) && value.some((sentence) => sentence.includes("services.jepsen-ts-cluster.network.prefix")),
  ],
  ["brokenType", (value) => value === false, /services\.jepsen-ts-cluster\.systems/],
];

function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(254);
}

function evaluate(attribute, nixpkgs, store) {
  const evaluation = ["--eval", "--strict", "--json", "--read-write-mode", "--store", store];
  const expression = ["--arg", "nixpkgs", nixpkgs, "-A", attribute, join(root, "nix/tests/evaluate.nix")];
  return spawnSync("nix-instantiate", evaluation.concat(expression), {
    encoding: "utf8",
    timeout: CHECK_TIMEOUT_MS,
    maxBuffer: 1 << 26,
    env: { ...process.env, NIX_PATH: "" },
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether the check holds. Nix can catch a failed assertion and not an error of type: a check that must fail may give
 * either its value, or a failure whose message names the option.
 */
function holds(done, isRight, messageOfFailure) {
  if (done.status === 0) return isRight(parse(done.stdout));
  return messageOfFailure?.test(done.stderr ?? "") ?? false;
}

const given = process.env.NIXPKGS;
if (!given) giveUp("NIXPKGS is not set: set it to the path of a nixpkgs tree to evaluate nix/ with it.");
const nixpkgs = resolve(given);
if (!existsSync(join(nixpkgs, "nixos")) || !existsSync(join(nixpkgs, "lib")))
  giveUp(`NIXPKGS is ${nixpkgs}, which is no nixpkgs tree: it has no nixos/ and lib/.`);
if (spawnSync("nix-instantiate", ["--version"], { timeout: 20_000 }).error)
  giveUp("nix-instantiate is not on the PATH: install Nix, or nix-bin on Debian and Ubuntu.");

const store = mkdtempSync(join(tmpdir(), "jepsen-ts-nix-eval-"));
let failed = 0;
try {
  for (const [attribute, isRight, messageOfFailure] of checks) {
    const start = performance.now();
    const done = evaluate(attribute, nixpkgs, store);
    const good = holds(done, isRight, messageOfFailure);
    const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${good ? "ok  " : "FAIL"} ${attribute.padEnd(12)} ${seconds} s\n`);
    if (good) continue;
    failed += 1;
    const why = done.error ? done.error.message : `${done.stdout}\n${done.stderr}`;
    process.stderr.write(`${why.trim().split("\n").slice(-40).join("\n")}\n`);
  }
} finally {
  // Nix makes what is in its store read-only, directories too.
  spawnSync("chmod", ["-R", "u+w", store], { timeout: 60_000 });
  rmSync(store, { recursive: true, force: true });
}
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
