import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeNix, evaluate } from "./nix.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"], { timeout: 20_000 }).error === undefined;

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "jepsen-ts-nix-scripts-"));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** Runs what systemd would run, as NixOS does: bash with -e, and -u to see that no variable is missing. */
function run(script: string): void {
  const done = spawnSync("bash", ["-eu", "-c", `umask 0022\n${script}`], {
    encoding: "utf8",
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe"], // bash takes a socket as stdin for a remote login, and reads the machine's bashrc
  });
  expect({ code: done.status, stderr: done.stderr }).toEqual({ code: 0, stderr: "" });
}

function scriptOf(attribute: string, settings: Readonly<Record<string, unknown>> = {}): string {
  return evaluate(`(cluster input).config.systemd.services.${attribute}`, {
    stateDir,
    nodes: ["n1", "n2"],
    ...settings,
  }) as string;
}

const read = (path: string) => readFileSync(join(stateDir, path), "utf8");
const mode = (path: string) => statSync(join(stateDir, path)).mode & 0o777;

describeNix("the host's scripts", () => {
  test.skipIf(!hasKeygen)("make the keys once, pin them, and open private ones to root alone", () => {
    run(scriptOf("jepsen-ts-access.script"));
    const hostKey = read("access/nodes/n1/ssh_host_ed25519_key.pub");
    const userKey = read("access/id_ed25519.pub");
    expect(hostKey).toMatch(/^ssh-ed25519 \S+/);
    expect(read("access/nodes/n2/ssh_host_ed25519_key.pub")).not.toBe(hostKey);
    expect(read("access/nodes/n1/authorized_keys")).toBe(userKey);
    expect(read("access/known_hosts").split("\n")).toEqual([
      `n1,10.77.0.101 ${hostKey.trim()}`,
      `n2,10.77.0.102 ${read("access/nodes/n2/ssh_host_ed25519_key.pub").trim()}`,
      "",
    ]);
    expect(mode("nodes")).toBe(0o700);
    expect(mode("access/id_ed25519")).toBe(0o600);
    expect(mode("access/nodes/n1/ssh_host_ed25519_key")).toBe(0o600);
    expect(mode("access/nodes/n1/authorized_keys")).toBe(0o644);
    expect(mode("access/known_hosts")).toBe(0o644);
    // ssh itself finds the node's key in the file, by name and by address.
    for (const name of ["n1", "10.77.0.102"]) {
      const found = spawnSync("ssh-keygen", ["-F", name, "-f", join(stateDir, "access/known_hosts")], {
        timeout: 20_000,
      });
      expect(found.status, name).toBe(0);
    }

    const before = read("access/known_hosts");
    run(scriptOf("jepsen-ts-access.script"));
    expect(read("access/known_hosts")).toBe(before);
    expect(read("access/id_ed25519.pub")).toBe(userKey);
  });

  test.skipIf(!hasKeygen)(
    "make a key anew where it is empty, and let nobody in by a generated key that was switched off",
    () => {
      mkdirSync(join(stateDir, "access"), { recursive: true });
      // What a full disk leaves behind.
      writeFileSync(join(stateDir, "access/id_ed25519"), "");
      run(scriptOf("jepsen-ts-access.script"));
      expect(read("access/nodes/n2/authorized_keys")).toMatch(/^ssh-ed25519 /);
      run(scriptOf("jepsen-ts-access.script", { generateKey: false, rootPassword: "x" }));
      expect(readdirSync(join(stateDir, "access/nodes/n2"))).not.toContain("authorized_keys");
      expect(readdirSync(join(stateDir, "access/nodes/n2"))).toContain("ssh_host_ed25519_key");
    },
  );

  test("empty an ephemeral node's data before it starts, its own only, and keep another's", () => {
    const data = (node: string) => join(stateDir, `nodes/${node}/data/var/lib/jepsen-ts`);
    const prepare = (ephemeral: boolean) => run(scriptOf('"container@n1".preStart', { ephemeral }));
    const files = (node: string) => readdirSync(data(node));

    prepare(true);
    expect(files("n1")).toEqual([]);
    mkdirSync(data("n2"), { recursive: true });
    for (const node of ["n1", "n2"]) writeFileSync(join(data(node), "wal"), "data");
    prepare(false);
    expect(files("n1")).toEqual(["wal"]);
    prepare(true);
    expect(files("n1")).toEqual([]);
    expect(files("n2")).toEqual(["wal"]);
  });
});
