import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SshTarget } from "../control/ssh-target.ts";
import { JepsenError, messageOf } from "../errors.ts";

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** The named private key; without a name the usual ones in ~/.ssh and the agent. Rejects with JepsenError "usage" when a named one cannot be read. */
export async function userKeys(keyFile: string | undefined): Promise<Pick<SshTarget, "privateKeys" | "agent">> {
  if (keyFile !== undefined) {
    const text = await readFile(keyFile, "utf8").catch((error: unknown) => {
      throw new JepsenError("usage", `Cannot read the SSH key ${keyFile}: ${messageOf(error)}.`, {}, error);
    });
    return { privateKeys: [{ path: keyFile, text }] };
  }
  return foundKeys(DEFAULT_KEYS.map((name) => join(homedir(), ".ssh", name)));
}

/** Those of the private keys that are there, and the agent: the usual one, the one with this socket, or `none`. */
export async function foundKeys(
  paths: readonly string[],
  agent = process.env.SSH_AUTH_SOCK,
): Promise<Pick<SshTarget, "privateKeys" | "agent">> {
  const found = await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(path, "utf8").catch(() => undefined) })),
  );
  const privateKeys = found.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
  return { privateKeys, ...(agent && agent !== "none" ? { agent } : {}) };
}
