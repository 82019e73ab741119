import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeNix, evaluate, root } from "./nix.ts";

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

interface PackageLock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const LINUX = { os: "linux", cpu: "x64", libc: "glibc" };

function addresses(lock: unknown, platform: Readonly<Record<string, string>> = LINUX): PackageLock {
  return evaluate('import (root + "/nix/npm-lock.nix") input', { lock, platform }) as PackageLock;
}

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as PackageLock;
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

describeNix("nix/npm-lock.nix", () => {
  test("gives each package its address, by name and version, and changes nothing else", () => {
    const given = {
      lockfileVersion: 3,
      packages: {
        "": { name: "root", version: "1.0.0" },
        "node_modules/a": { version: "1.2.3", integrity: "sha512-a" },
        "node_modules/@scope/b": { version: "2.0.0-rc.1", integrity: "sha512-b" },
        "node_modules/a/node_modules/@scope/c": { version: "3.0.0", integrity: "sha512-c" },
        "node_modules/alias": { name: "real", version: "4.0.0", integrity: "sha512-d" },
        "node_modules/given": { version: "5.0.0", resolved: "https://example.org/given.tgz" },
        "node_modules/linked": { resolved: "packages/linked", link: true },
      },
    };
    const base = "https://registry.npmjs.org";
    const resolved = Object.entries(addresses(given).packages).map(([path, entry]) => [path, entry.resolved]);
    expect(Object.fromEntries(resolved)).toEqual({
      "": undefined,
      "node_modules/a": `${base}/a/-/a-1.2.3.tgz`,
      "node_modules/@scope/b": `${base}/@scope/b/-/b-2.0.0-rc.1.tgz`,
      "node_modules/a/node_modules/@scope/c": `${base}/@scope/c/-/c-3.0.0.tgz`,
      "node_modules/alias": `${base}/real/-/real-4.0.0.tgz`,
      "node_modules/given": "https://example.org/given.tgz",
      "node_modules/linked": "packages/linked",
    });
    expect(addresses(given)).toMatchObject(given);
  });

  test("leaves optional packages for other platforms without one, and no others", () => {
    const given = (entry: object) => ({ packages: { "node_modules/x": { version: "1.0.0", ...entry } } });
    const isTaken = (entry: object, platform = LINUX) =>
      addresses(given(entry), platform).packages["node_modules/x"]?.resolved !== undefined;
    expect(isTaken({ optional: true, os: ["darwin"] })).toBe(false);
    expect(isTaken({ optional: true, os: ["linux"], cpu: ["arm64"] })).toBe(false);
    expect(isTaken({ optional: true, os: ["linux"], cpu: ["x64"], libc: ["musl"] })).toBe(false);
    expect(isTaken({ optional: true, os: ["!linux"] })).toBe(false);
    expect(isTaken({ optional: true, os: ["linux"], cpu: ["x64"], libc: ["glibc"] })).toBe(true);
    expect(isTaken({ optional: true, os: ["!win32"] })).toBe(true);
    expect(isTaken({ optional: true, cpu: ["arm64"] }, { ...LINUX, cpu: "arm64" })).toBe(true);
    expect(isTaken({ optional: true })).toBe(true);
    // One that is needed and does not fit must fail loudly when npm installs it.
    expect(isTaken({ os: ["darwin"] })).toBe(true);
  });

  test("makes the lock of this repository complete", () => {
    const done = addresses(lock);
    for (const [path, entry] of Object.entries(lock.packages)) {
      if (path === "") continue;
      expect(entry.integrity, path).toMatch(/^sha512-/);
      if (!entry.optional)
        expect(done.packages[path]?.resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\/.+\.tgz$/);
    }
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(done.packages[`node_modules/${name}`]?.resolved, name).toBeDefined();
  });
});

describeNix("nix/package.nix", () => {
  const built = (expression: string) =>
    evaluate(
      `let pkgs = import (root + "/test/nix/stand-in") { }; package = pkgs.callPackage (root + "/nix/package.nix") { }; in ${expression}`,
    );

  test("is named and versioned by package.json", () => {
    expect(built("package.name")).toBe(`${manifest.name}-${manifest.version}`);
    expect(built("package.meta.mainProgram")).toBe("jepsen-ts");
  });

  test("reads sources that exist, and neither the docs nor nix/", () => {
    const sources = built("map toString package.attributes.src.fileset");
    const names = (sources as readonly string[]).map((path) => path.slice(root.length));
    expect(names).toEqual(expect.arrayContaining(["package.json", "package-lock.json", "src", "scripts", "bin"]));
    expect(names).not.toContain("docs");
    expect(names).not.toContain("nix");
  });

  test("installs from addresses, one a direct dependency", () => {
    expect(built("package.attributes.npmDeps.sources")).toHaveLength(
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).length,
    );
  });
});
