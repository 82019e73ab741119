import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userKeys } from "../../src/cluster/user-keys.ts";

let home = "";

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "jepsen-ts-home-"));
  vi.stubEnv("HOME", home);
  vi.stubEnv("SSH_AUTH_SOCK", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

describe("userKeys", () => {
  it("takes the named key alone", async () => {
    await writeFile(join(home, "lab"), "KEY");
    expect(await userKeys(join(home, "lab"))).toEqual({ privateKeys: [{ path: join(home, "lab"), text: "KEY" }] });
    await expect(userKeys(join(home, "none"))).rejects.toMatchObject({ code: "usage" });
  });

  it("takes what is in ~/.ssh, in the usual order, and the agent", async () => {
    expect(await userKeys(undefined)).toEqual({ privateKeys: [] });
    await mkdir(join(home, ".ssh"));
    for (const name of ["id_rsa", "id_ed25519"]) await writeFile(join(home, ".ssh", name), name);
    vi.stubEnv("SSH_AUTH_SOCK", "/agent");
    const { privateKeys, agent } = await userKeys(undefined);
    expect(privateKeys.map(({ text }) => text)).toEqual(["id_ed25519", "id_rsa"]);
    expect(agent).toBe("/agent");
  });
});
