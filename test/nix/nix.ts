/** Runs nix-instantiate for tests: parsing and evaluation with builtins and the stand-in library, no store, no network. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const EVALUATION_TIMEOUT_MS = 60_000;

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the stand-in for nixpkgs is. */
export const standIn = join(root, "test/nix/stand-in");

const isInstalled = spawnSync("nix-instantiate", ["--version"], { timeout: 20_000 }).status === 0;

/** A `describe` whose tests need nix-instantiate: skipped, with the reason in its name, where there is none. */
export function describeNix(name: string, body: () => void): void {
  if (isInstalled) describe(name, body);
  else describe.skip(`${name} (nix-instantiate is not on the PATH: apt-get install nix-bin)`, body);
}

/** The Nix files of the repository, absolute, sorted. */
export function nixFiles(): readonly string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".nix"))
      .map((name) => join(root, folder, name));
  return [join(root, "flake.nix"), ...below("nix"), ...below("test/nix/stand-in")].sort();
}

/** What nix-instantiate answered. */
export interface NixAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): NixAnswer {
  const done = spawnSync("nix-instantiate", ["--store", "dummy://", ...args], {
    encoding: "utf8",
    timeout: EVALUATION_TIMEOUT_MS,
    maxBuffer: 1 << 26,
    env: { ...process.env, NIX_PATH: "" },
  });
  if (done.error) throw done.error;
  return { code: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
}

/** Parses a file; code 0 means that its syntax is right. */
export function parseNix(file: string): NixAnswer {
  return run(["--parse", file]);
}

/**
 * Evaluates an expression to JSON. In it, `root` is the repository's path as a string, `input` the given data, `lib` the
 * stand-in library and `nixos` evaluates a NixOS configuration with the stand-in, given as a module.
 */
export function tryEvaluate(expression: string, input: unknown = null): NixAnswer {
  const scope = `
    { root, input }:
    let
      lib = import (root + "/test/nix/stand-in/lib");
      nixos = configuration: import (root + "/test/nix/stand-in/nixos") { inherit configuration; };
      cluster = settings: nixos {
        imports = [ (root + "/nix/cluster") { services.jepsen-ts-cluster = { enable = true; } // settings; } ];
      };
      inherit (scope) data;
      scope.data = builtins.fromJSON input;
    in
    let input = data; in ${expression}`;
  const data = ["--argstr", "root", root.replace(/\/$/, ""), "--argstr", "input", JSON.stringify(input)];
  return run(["--eval", "--strict", "--json", "-E", scope].concat(data));
}

/** Like `tryEvaluate`, and throws what Nix said where the evaluation fails. */
export function evaluate(expression: string, input: unknown = null): unknown {
  const answer = tryEvaluate(expression, input);
  if (answer.code !== 0) throw new Error(answer.stderr.trim());
  return JSON.parse(answer.stdout);
}
