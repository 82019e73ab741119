import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeNix, evaluate, root } from "./nix.ts";

const FLAKE = `let
  systems = [ "x86_64-linux" "aarch64-linux" ];
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs systems (system: import (root + "/test/nix/stand-in") { inherit system; });
  };
  flake = import (root + "/flake.nix");
  outputs = flake.outputs { self = outputs; inherit nixpkgs; };
in `;

function onFlake(expression: string): unknown {
  return evaluate(FLAKE + expression);
}

interface Locked {
  readonly lastModified: number;
  readonly narHash: string;
  readonly rev: string;
  readonly type: string;
  readonly owner: string;
  readonly repo: string;
}

interface FlakeLock {
  readonly version: number;
  readonly root: string;
  readonly nodes: Readonly<
    Record<
      string,
      {
        readonly inputs?: Readonly<Record<string, string>>;
        readonly locked?: Locked;
        readonly original?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const lock = JSON.parse(readFileSync(join(root, "flake.lock"), "utf8")) as FlakeLock;

describeNix("flake.nix", () => {
  test("has the outputs that users of flakes expect, for both kinds of machine", () => {
    const names = (output: string) => onFlake(`builtins.mapAttrs (_: builtins.attrNames) outputs.${output}`);
    const each = (...attributes: readonly string[]) => ({ "aarch64-linux": attributes, "x86_64-linux": attributes });
    expect((onFlake("builtins.attrNames outputs") as readonly string[]).join(" ")).toBe(
      "apps checks devShells formatter legacyPackages nixosConfigurations nixosModules overlays packages",
    );
    expect(names("packages")).toEqual(each("default", "jepsen-ts"));
    expect(names("apps")).toEqual(each("default"));
    expect(names("devShells")).toEqual(each("default"));
    expect(names("checks")).toEqual(each("cluster", "example", "package"));
    expect(onFlake("builtins.attrNames outputs.nixosModules")).toEqual(["cluster", "default"]);
    expect(onFlake("builtins.attrNames outputs.overlays")).toEqual(["default"]);
    expect(onFlake("builtins.attrNames outputs.nixosConfigurations")).toEqual(["example"]);
    expect(onFlake('builtins.attrNames outputs.legacyPackages."x86_64-linux".nightly')).toEqual([
      "ceph",
      "etcd",
      "gluster",
    ]);
    expect(onFlake('outputs.formatter."aarch64-linux".name')).toBe("nixfmt-tree");
  });

  test("its app is the package's program, its checks are derivations", () => {
    expect(onFlake('outputs.apps."x86_64-linux".default')).toEqual({
      type: "app",
      program: expect.stringMatching(/^\/nix\/store\/\S+\/bin\/jepsen-ts$/),
      meta: { description: "Run jepsen-ts" },
    });
    expect(onFlake('builtins.mapAttrs (_: check: check.drvPath) outputs.checks."x86_64-linux"')).toEqual({
      cluster: expect.stringMatching(/vm-test-jepsen-ts-etcd\.drv$/),
      example: expect.stringMatching(/jepsen-ts-example\.drv$/),
      package: expect.stringMatching(/jepsen-ts\.drv$/),
    });
  });

  test("the example host evaluates whole, nodes included, and none of its assertions fails", () => {
    expect(onFlake('outputs.checks."x86_64-linux".example.text')).toMatch(/nixos-system\.drv$/);
    expect(onFlake("outputs.nixosConfigurations.example.failed")).toEqual([]);
    expect(onFlake("builtins.attrNames outputs.nixosConfigurations.example.containers")).toEqual([
      "n1",
      "n2",
      "n3",
      "n4",
      "n5",
    ]);
  });

  test("the overlay adds the package to a set, the module is a module", () => {
    expect(
      onFlake('(import (root + "/test/nix/stand-in") { overlays = [ outputs.overlays.default ]; }).jepsen-ts.name'),
    ).toMatch(/^jepsen-ts-/);
    expect(
      onFlake(
        "builtins.attrNames (nixos { imports = [ outputs.nixosModules.default { services.jepsen-ts-cluster.enable = true; } ]; }).config.containers",
      ),
    ).toHaveLength(5);
  });

  test("nix/default.nix gives the same without flakes", () => {
    const parts = (expression: string) =>
      evaluate(
        `let parts = import (root + "/nix") { pkgs = import (root + "/test/nix/stand-in") { }; }; in ${expression}`,
      );
    expect(parts("builtins.attrNames parts")).toEqual(["module", "overlay", "package", "shell", "tests"]);
    expect(parts("[ parts.package.name parts.shell.name parts.tests.ceph.name ]")).toEqual([
      expect.stringMatching(/^jepsen-ts-/),
      "shell",
      "vm-test-jepsen-ts-ceph",
    ]);
    expect(
      parts(
        "builtins.length (builtins.attrNames (nixos { imports = [ parts.module { services.jepsen-ts-cluster.enable = true; } ]; }).config.containers)",
      ),
    ).toBe(5);
  });
});

const hasPython = spawnSync("python3", ["--version"], { timeout: 20_000 }).status === 0;

describeNix("the NixOS tests", () => {
  const attributesOf = (name: string, attribute: string) =>
    onFlake(`outputs.legacyPackages."x86_64-linux".nightly.${name}.attributes.${attribute}`);

  test.skipIf(!hasPython).each(["etcd", "gluster", "ceph"])(
    "the script of %s is Python, and runs its system",
    (name) => {
      const script = attributesOf(name, "testScript") as string;
      const done = spawnSync("python3", ["-c", "import sys; compile(sys.stdin.read(), 'test', 'exec')"], {
        input: script,
        encoding: "utf8",
        timeout: 20_000,
      });
      expect(done.stderr).toBe("");
      expect(script).toContain(`"jepsen-ts run ${name} --cluster nixos `);
    },
  );

  test("each machine holds the module with its system, and memory for five nodes", () => {
    const machine = (name: string, attribute: string) => attributesOf(name, `nodes.machine.${attribute}`);
    expect(machine("ceph", "services.jepsen-ts-cluster")).toEqual({ enable: true, systems: ["ceph"] });
    expect(machine("ceph", "virtualisation.memorySize")).toBeGreaterThanOrEqual(5 * 2048);
    // What a hosted runner has, less its own needs.
    expect(machine("ceph", "virtualisation.memorySize")).toBeLessThanOrEqual(14 * 1024);
  });
});

describe("flake.lock", () => {
  const nixpkgs = lock.nodes.nixpkgs;

  test("is of the format that Nix reads, with one input", () => {
    expect(lock.version).toBe(7);
    expect(Object.keys(lock.nodes)).toEqual(["nixpkgs", "root"]);
    expect(lock.nodes[lock.root]?.inputs).toEqual({ nixpkgs: "nixpkgs" });
  });

  test("locks the branch that flake.nix asks for, with a hash of the right kind", () => {
    const url = /inputs\.nixpkgs\.url = "github:([^/]+)\/([^/]+)\/([^"]+)"/.exec(
      readFileSync(join(root, "flake.nix"), "utf8"),
    );
    expect(nixpkgs?.original).toEqual({ type: "github", owner: url?.[1], repo: url?.[2], ref: url?.[3] });
    expect(nixpkgs?.locked).toMatchObject({ type: "github", owner: url?.[1], repo: url?.[2] });
    expect(nixpkgs?.locked?.rev).toMatch(/^[0-9a-f]{40}$/);
    const hash = /^sha256-(.+)$/.exec(nixpkgs?.locked?.narHash ?? "")?.[1] ?? "";
    expect(Buffer.from(hash, "base64")).toHaveLength(32);
    expect(new Date((nixpkgs?.locked?.lastModified ?? 0) * 1000).getUTCFullYear()).toBe(2026);
  });
});
