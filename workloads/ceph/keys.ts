import { randomBytes, randomUUID } from "node:crypto";

/** What only this run's cluster knows. Keys never appear in arguments, logs or records. */
export interface Secrets {
  readonly fsid: string;
  /** By entity: `mon.`, `client.admin`, `mgr.n1`, `mds.n5`, `osd.0`. */
  readonly keys: ReadonlyMap<string, string>;
  /** By OSD number. */
  readonly osdUuids: readonly string[];
}

/** cephx keys are AES-128: type 1, time of creation (not used here), length 16, the bytes; little-endian, in base64. */
function cephxKey(): string {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(1, 0);
  header.writeUInt16LE(16, 10);
  return Buffer.concat([header, randomBytes(16)]).toString("base64");
}

/** New secrets for a cluster with managers and metadata servers on these nodes, and so many OSDs. */
export function newSecrets(mgrs: readonly string[], mdss: readonly string[], osds: number): Secrets {
  const osdNames = Array.from({ length: osds }, (_, number) => `osd.${number}`);
  const named = [...mgrs.map((node) => `mgr.${node}`), ...mdss.map((node) => `mds.${node}`)];
  const entities = ["mon.", "client.admin", ...named, ...osdNames];
  return {
    fsid: randomUUID(),
    keys: new Map(entities.map((entity) => [entity, cephxKey()])),
    osdUuids: osdNames.map(() => randomUUID()),
  };
}

/** What each kind of entity may do. */
const CAPABILITIES: readonly (readonly [prefix: string, capabilities: readonly string[]])[] = [
  ["mon.", ['mon = "allow *"']],
  ["client.admin", ['mon = "allow *"', 'osd = "allow *"', 'mgr = "allow *"', 'mds = "allow *"']],
  ["mgr.", ['mon = "allow profile mgr"', 'osd = "allow *"', 'mds = "allow *"']],
  ["mds.", ['mon = "allow profile mds"', 'mgr = "allow profile mds"', 'osd = "allow *"', 'mds = "allow *"']],
  ["osd.", ['mon = "allow profile osd"', 'mgr = "allow profile osd"', 'osd = "allow *"']],
];

/** A keyring file with these entities; without capabilities it is what a daemon needs to log in. */
export function keyring(secrets: Secrets, entities: Iterable<string>, withCapabilities: boolean): string {
  let text = "";
  for (const entity of entities) {
    const [, capabilities] = CAPABILITIES.find(([prefix]) => entity.startsWith(prefix)) ?? ["", []];
    text += `[${entity}]\n\tkey = ${secrets.keys.get(entity)}\n`;
    if (withCapabilities) for (const capability of capabilities) text += `\tcaps ${capability}\n`;
  }
  return text;
}
