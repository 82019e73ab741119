import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hostSettings, sshConfigFile } from "../../../src/cluster/inventory/ssh-config.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jepsen-ts-config-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function config(text: string): Promise<string> {
  const file = join(directory, "config");
  await writeFile(file, text);
  return file;
}

describe("hostSettings", () => {
  it("without a configuration are the address and the defaults", async () => {
    expect(await hostSettings({ host: "db1" }, undefined, "root")).toMatchObject({
      host: "db1",
      user: "root",
      port: 22,
      identityFiles: undefined,
      proxyJump: undefined,
    });
    expect(await hostSettings({ host: "db1", user: "me", port: 2 }, undefined, "root")).toMatchObject({
      user: "me",
      port: 2,
    });
  });

  it("are what ssh makes of aliases, patterns, tokens and included files", async () => {
    await writeFile(join(directory, "more"), "Host db-*\n User more\n Port 2222\n");
    const file = await config(
      `Include ${directory}/more
Host db-1
  HostName %h.example
  IdentityFile ~/keys/%r@%n
  IdentityFile %d/.ssh/%h
  IdentityAgent none
  HostKeyAlias one
  ProxyJump a,me@b:2200
  UserKnownHostsFile /k1 ~/k2
`,
    );
    const home = homedir();
    expect(await hostSettings({ host: "db-1" }, file, "root")).toMatchObject({
      host: "db-1.example",
      user: "more",
      port: 2222,
      identityFiles: [`${home}/keys/more@db-1`, `${home}/.ssh/db-1.example`],
      identityAgent: "none",
      hostKeyAlias: "one",
      proxyJump: "a,me@b:2200",
      knownHostsFiles: expect.arrayContaining(["/k1", `${home}/k2`]),
    });
    expect(await hostSettings({ host: "db-2", user: "me", port: 7 }, file, "root")).toMatchObject({
      user: "me",
      port: 7,
    });
    expect(await hostSettings({ host: "other" }, file, "root")).toMatchObject({
      host: "other",
      user: "root",
      port: 22,
    });
  });

  it("that need a ProxyCommand, or that ssh does not understand, are refused", async () => {
    const odd = await config("Host a\n ProxyCommand nc %h %p\n");
    await expect(hostSettings({ host: "a" }, odd, "root")).rejects.toThrow(/use ProxyJump/);
    const wrong = await config("Host a\n Prot 3\n");
    await expect(hostSettings({ host: "a" }, wrong, "root")).rejects.toThrow(/Prot/i);
  });
});

describe("sshConfigFile", () => {
  it("is the named one, the user's own if there is one, or none", async () => {
    vi.stubEnv("HOME", directory);
    expect(await sshConfigFile(undefined)).toBeUndefined();
    expect(await sshConfigFile("none")).toBeUndefined();
    const file = await config("");
    expect(await sshConfigFile(file)).toBe(file);
    await expect(sshConfigFile(`${file}x`)).rejects.toMatchObject({ code: "usage" });
  });
});
