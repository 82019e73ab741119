import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeNix, root, standIn } from "./nix.ts";

function nixEval(environment: Readonly<Record<string, string>>) {
  const { NIXPKGS: _given, ...inherited } = process.env;
  const done = spawnSync(process.execPath, [join(root, "scripts/nix-eval.mjs")], {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...inherited, ...environment },
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe("npm run nix:eval without what it needs", () => {
  test("says that NIXPKGS is not set, and exits 254", () => {
    expect(nixEval({})).toEqual({
      code: 254,
      stdout: "",
      stderr: "NIXPKGS is not set: set it to the path of a nixpkgs tree to evaluate nix/ with it.\n",
    });
  });

  test("says that NIXPKGS is no nixpkgs", () => {
    const answer = nixEval({ NIXPKGS: "/usr" });
    expect(answer.code).toBe(254);
    expect(answer.stderr).toBe("NIXPKGS is /usr, which is no nixpkgs tree: it has no nixos/ and lib/.\n");
  });

  test("says that Nix is missing", () => {
    const answer = nixEval({ NIXPKGS: standIn, PATH: "/nonexistent" });
    expect(answer.code).toBe(254);
    expect(answer.stderr).toMatch(/^nix-instantiate is not on the PATH: .*\n$/);
  });
});

describeNix("npm run nix:eval with a tree", () => {
  test("evaluates every attribute of nix/tests/evaluate.nix, and leaves nothing behind", () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("jepsen-ts-nix-eval-"));
    const answer = nixEval({ NIXPKGS: standIn });
    expect(answer.code, answer.stderr).toBe(0);
    const attributes = [...readFileSync(join(root, "nix/tests/evaluate.nix"), "utf8").matchAll(/^ {2}(\w+) =/gm)]
      .map((match) => match[1])
      .filter((name) => !["pkgs", "host", "toplevel", "failedAssertions", "tests"].includes(name ?? ""));
    const reported = [...answer.stdout.matchAll(/^ok {3}(\w+)/gm)].map((match) => match[1]);
    expect([...reported].sort()).toEqual([...attributes].sort());
    expect(answer.stdout).toMatch(new RegExp(`^${attributes.length} passed, 0 failed$`, "m"));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("jepsen-ts-nix-eval-"))).toEqual(before);
  });

  test("reports what does not evaluate, with Nix's words, and exits 1", () => {
    const tree = mkdtempSync(join(tmpdir(), "jepsen-ts-stand-in-"));
    try {
      cpSync(standIn, tree, { recursive: true });
      const packages = join(tree, "default.nix");
      writeFileSync(packages, readFileSync(packages, "utf8").replace('    "etcd"\n', ""));
      const answer = nixEval({ NIXPKGS: tree });
      expect(answer.code).toBe(1);
      expect(answer.stdout).toMatch(/^FAIL example/m);
      expect(answer.stdout).toMatch(/^ok {3}package/m);
      expect(answer.stderr).toMatch(/attribute 'etcd' missing/);
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  });
});
