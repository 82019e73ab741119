import { readFile } from "node:fs/promises";
import { z } from "zod";
import { JepsenError, messageOf } from "../../errors.ts";
import { parse } from "../../parse.ts";

/** Where the NixOS module describes its cluster. */
const DESCRIPTION_FILE = "/etc/jepsen-ts/cluster.json";

/** The file of this host; JEPSEN_TS_CLUSTER_FILE names another one, for tests and for hosts that are put together by hand. */
export function descriptionFile(): string {
  return process.env.JEPSEN_TS_CLUSTER_FILE || DESCRIPTION_FILE;
}

const descriptionSchema = z.object({
  format: z.literal(1),
  user: z.string(),
  port: z.int().min(1).max(65535),
  /** Private key that may log in to the nodes; null: the user's own keys. */
  identityFile: z.string().nullable(),
  knownHosts: z.string(),
  /** Databases whose programs the nodes have. */
  systems: z.array(z.string()),
  /** Each start gives a node an empty root and empty data. */
  ephemeral: z.boolean(),
  stateDir: z.string(),
  network: z.object({ bridge: z.string(), prefix: z.string(), control: z.string() }),
  nodes: z
    .array(
      z.object({
        name: z.string(),
        address: z.string(),
        /** The systemd unit of its container. */
        unit: z.string(),
        /** File on the host with the public host key to pin. */
        hostKey: z.string(),
      }),
    )
    .min(1),
});

/** The cluster that `services.jepsen-ts-cluster` made on this host. */
export type NixosDescription = z.infer<typeof descriptionSchema>;

/** Reads it; undefined when there is no such file. Rejects with JepsenError "environment" when it cannot be understood. */
export async function readDescription(file: string = descriptionFile()): Promise<NixosDescription | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new JepsenError("environment", `Cannot read ${file}: ${messageOf(error)}.`, { file }, error);
  });
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JepsenError("environment", `${file} is not JSON: ${messageOf(error)}.`, { file }, error);
  }
  const parsed = parse(descriptionSchema, value);
  if (parsed.ok) return parsed.data;
  const sentence = `${file} is not what this version of jepsen-ts understands (${parsed.refusal.sentence}): build the host with the module of the same version.`;
  throw new JepsenError("environment", sentence, { file });
}
