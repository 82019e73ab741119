import { randomUUID } from "node:crypto";
import { execOk, writeRemoteFile } from "../../src/control/exec.ts";
import type { Session, Test } from "../../src/test.ts";
import { keyring, type Secrets } from "./keys.ts";
import { type Command, withCommands } from "./monitor-commands.ts";
import { CONF, dataOf, MONMAP } from "./paths.ts";

const MKFS_TIMEOUT_MS = 60_000;

/** An OSD's number is its node's place among the nodes. */
export function osdOf(test: Test, node: string): number {
  return test.nodes.indexOf(node);
}

/**
 * Tells the monitors of an OSD that will come, and gives it its place in the map. One after another in the nodes' order,
 * because objects are placed by the numbers that hosts get: the same objects lie on the same nodes in every run.
 */
export async function announceOsd(command: Command, id: number, uuid: string, node: string): Promise<void> {
  await command({ prefix: "osd new", uuid, id });
  // all weigh the same; a whole number would not be taken, because JSON tells no 1.0 from 1
  await command({ prefix: "osd crush create-or-move", id, weight: 0.5, args: [`host=${node}`, "root=default"] });
}

/** Makes the empty disk of this node's OSD; the directory is there and empty. */
export async function makeDisk(test: Test, session: Session, secrets: Secrets, uuid: string): Promise<void> {
  const number = osdOf(test, session.node);
  const key = keyring(secrets, [`osd.${number}`], false);
  await writeRemoteFile(session, `${dataOf("osd")}/keyring`, key, "600");
  // the configuration file says everything: the monitors, who may not have their quorum yet, are not asked
  const what = ["--mkfs", "--no-mon-config", "--id", String(number), "--osd-uuid", uuid, "--monmap", MONMAP];
  await execOk(session, ["ceph-osd", "--conf", CONF, ...what], { timeoutMs: MKFS_TIMEOUT_MS });
}

/**
 * Destroys the disk of an OSD that has ended, and tells the monitors, through another node, that what was on it is lost:
 * those that hold copies shall not wait for it.
 */
export async function loseDisk(test: Test, node: string, via: string): Promise<void> {
  const session = await test.cluster.session(node);
  await execOk(session, ["sh", "-c", 'rm -rf "$1" && mkdir "$1"', "sh", dataOf("osd")]);
  const id = osdOf(test, node);
  await withCommands(
    await test.cluster.session(via),
    async (command) => {
      await command({ prefix: "osd down", ids: [String(id)] });
      await command({ prefix: "osd lost", id, yes_i_really_mean_it: true });
    },
    { code: "remote" },
  );
}

/** Gives the OSD a new, empty disk under its old number. It is not started. */
export async function replaceDisk(test: Test, node: string, via: string, secrets: Secrets): Promise<void> {
  const id = osdOf(test, node);
  const uuid = randomUUID();
  const key = secrets.keys.get(`osd.${id}`) ?? "";
  await withCommands(
    await test.cluster.session(via),
    async (command) => {
      // what the manager sends on for `ceph osd destroy`: the managers may be dead
      await command({ prefix: "osd destroy-actual", id, yes_i_really_mean_it: true });
      await command({ prefix: "osd new", uuid, id }, JSON.stringify({ cephx_secret: key }));
    },
    { code: "remote" },
  );
  const session = await test.cluster.session(node);
  await execOk(session, ["sh", "-c", 'rm -rf "$1" && mkdir "$1"', "sh", dataOf("osd")]);
  await makeDisk(test, session, secrets, uuid);
}
