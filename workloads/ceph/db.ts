import { daemonPid, type Signal, signalDaemon, stopDaemon } from "../../src/control/daemon.ts";
import { execOk, writeRemoteFile } from "../../src/control/exec.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import type {
  DataFiles,
  Db,
  DbProcess,
  Kill,
  LogFiles,
  Pause,
  Ports,
  Primaries,
  Processes,
  Session,
  StartHook,
  StartHooks,
  Stop,
  Test,
} from "../../src/test.ts";
import { type ClusterOptions, configuration, type Monitor, monitorAddress } from "./configuration.ts";
import { endAll, startRole } from "./daemons.ts";
import { createFileSystem } from "./file-system.ts";
import { awaitOsds, awaitQuorum } from "./health.ts";
import { keyring, newSecrets, type Secrets } from "./keys.ts";
import { type Command, withCommands } from "./monitor-commands.ts";
import { awaitMount, hideMount } from "./mount.ts";
import { announceOsd, loseDisk, makeDisk, replaceDisk } from "./osd-disks.ts";
import {
  ADMIN_KEYRING,
  CONF,
  DIRECTORY,
  dataOf,
  INITIAL_KEYRING,
  LOGS,
  MANAGER_MODULES,
  MONMAP,
  pidFileOf,
  ROLES,
  type Role,
} from "./paths.ts";
import { nodesOf, rolesOf } from "./placement.ts";
import { awaitPool, createPool } from "./pool.ts";
import { PORTS } from "./ports.ts";
import { leaders, primaries } from "./primaries.ts";
import { requireCeph } from "./programs.ts";

const STOP_GRACE_MS = 5_000;
const MKFS_TIMEOUT_MS = 60_000;

/**
 * Ceph: monitors on the first three nodes, managers on the first two, an OSD on every node, one replicated pool; or
 * CephFS with metadata servers on the last three nodes and a mount on every node.
 */
export class CephDb implements Db, Kill, Stop, Pause, Primaries, Processes, LogFiles, Ports, DataFiles, StartHooks {
  readonly roles: readonly Role[];
  readonly ports = PORTS;
  readonly dataFilesAreDisks = true;
  readonly dataFileClasses = ["block"];
  readonly options: ClusterOptions;
  readonly #startHooks = new Set<StartHook>();
  /** Nodes whose OSD has lost its disk: it is not started before it has another one. */
  readonly #diskless = new Set<string>();
  #secrets: Secrets | undefined;

  constructor(options: ClusterOptions) {
    this.options = options;
    this.roles = ROLES.filter((role) => options.cephfs || (role !== "mds" && role !== "mount"));
  }

  async setup(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    await requireCeph(session, this.options.cephfs);
    await this.#wipe(session);
    this.#diskless.delete(node);
    const secrets = this.#secretsOf(test);
    const roles = this.#rolesOn(test, node);
    await execOk(session, ["mkdir", "-p", "-m", "750", DIRECTORY, LOGS]);
    await execOk(session, ["mkdir", MANAGER_MODULES, ...roles.map(dataOf)]);
    const place = { name: node, address: test.cluster.address(node) };
    const admin = keyring(secrets, ["client.admin"], false);
    const named = roles.filter((role) => role === "mgr" || role === "mds");
    await Promise.all([
      writeRemoteFile(session, CONF, configuration(secrets.fsid, place, this.#monitors(test), this.options)),
      writeRemoteFile(session, ADMIN_KEYRING, admin, "600"),
      ...named.map((role) =>
        writeRemoteFile(session, `${dataOf(role)}/keyring`, keyring(secrets, [`${role}.${node}`], false), "600"),
      ),
      execOk(session, monmapCommand(secrets.fsid, this.#monitors(test))),
    ]);
    const uuid = secrets.osdUuids[test.nodes.indexOf(node)] ?? "";
    await Promise.all([
      ...(roles.includes("mon") ? [this.#makeMon(test, session, secrets)] : []),
      makeDisk(test, session, secrets, uuid),
    ]);
  }

  async setupPrimary(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    const { osdUuids } = this.#secretsOf(test);
    const startAll = (...roles: Role[]) => onAllNodes(test.nodes, (each) => this.start(test, each, roles));
    await withCommands(session, async (command) => {
      await awaitQuorum(command);
      for (const [id, uuid] of osdUuids.entries()) await announceOsd(command, id, uuid, test.nodes[id] ?? "");
      await startAll("osd", "mds");
      await awaitOsds(command, test.nodes.length);
      await startAll("mgr"); // nothing waits for it, and it takes much of the processor when it starts
      if (this.options.rados) await createPool(command, this.options);
      if (this.options.cephfs) await createFileSystem(command, this.options);
    });
    if (this.options.cephfs) {
      await startAll("mount");
      await onAllNodes(test.nodes, async (each) => awaitMount(await test.cluster.session(each)));
    }
    if (this.options.rados) await awaitPool(session, this.options);
  }

  async teardown(test: Test, node: string): Promise<void> {
    await this.#wipe(await test.cluster.session(node));
  }

  async versions(test: Test, node: string): Promise<Readonly<Record<string, string>>> {
    const said = await execOk(await test.cluster.session(node), ["ceph-osd", "--version"]);
    return { ceph: /ceph version (\S+)/.exec(said)?.[1] ?? said };
  }

  async start(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    const session = await test.cluster.session(node);
    const own = this.#rolesOn(test, node).filter((role) => roles.includes(role));
    const able = own.filter((role) => role !== "osd" || !this.#diskless.has(node));
    await Promise.all(able.map((role) => startRole(session, role, test.nodes)));
    for (const hook of this.#startHooks) await hook(test, node);
  }

  async kill(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#end(test, node, roles, 0);
  }

  async stop(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    const session = await test.cluster.session(node);
    if (roles.includes("mount") && this.#rolesOn(test, node).includes("mount")) await hideMount(session);
    await this.#end(test, node, roles, STOP_GRACE_MS);
  }

  async pause(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "STOP", roles);
  }

  async resume(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "CONT", roles);
  }

  async primaries(test: Test): Promise<readonly string[]> {
    return primaries(test, this.options);
  }

  /** A node whose monitor leads now, to ask the cluster through; undefined where none does. */
  async leader(test: Test): Promise<string | undefined> {
    return (await leaders(test, this.options))[0];
  }

  /** Commands to the monitors through a node that reaches them; reject with JepsenError "remote". */
  async ask<T>(test: Test, via: string, act: (command: Command) => Promise<T>): Promise<T> {
    return withCommands(await test.cluster.session(via), act, { code: "remote" });
  }

  /** Destroys the disk of this node's OSD, which must have ended; it is not started before it has a new one. */
  async loseDisk(test: Test, node: string, via: string): Promise<void> {
    this.#diskless.add(node);
    await loseDisk(test, node, via);
  }

  /** Gives this node's OSD an empty disk; from then on it can be started. */
  async replaceDisk(test: Test, node: string, via: string): Promise<void> {
    await replaceDisk(test, node, via, this.#secretsOf(test));
    this.#diskless.delete(node);
  }

  async processes(test: Test, node: string): Promise<readonly DbProcess[]> {
    const session = await test.cluster.session(node);
    const found = await Promise.all(
      this.#rolesOn(test, node).map(async (role) => ({ role, pid: await daemonPid(session, pidFileOf(role)) })),
    );
    return found.flatMap(({ role, pid }) => (pid === undefined ? [] : [{ role, pid }]));
  }

  async logFiles(test: Test, node: string): Promise<Readonly<Record<string, string>>> {
    const out = await execOk(await test.cluster.session(node), ["find", LOGS, "-type", "f", "-name", "*.log"]);
    const paths = out.split("\n").filter((path) => path !== "");
    return Object.fromEntries(paths.map((path) => [path, path.slice(LOGS.length + 1)]));
  }

  /** Objects lie in one block file without names of their own: there is nothing smaller to name. */
  async dataFiles() {
    return { directory: DIRECTORY, files: { block: [`${dataOf("osd")}/block`] } };
  }

  onStart(hook: StartHook): () => void {
    this.#startHooks.add(hook);
    return () => this.#startHooks.delete(hook);
  }

  #rolesOn(test: Test, node: string): readonly Role[] {
    return rolesOf(node, test.nodes, this.options);
  }

  #monitors(test: Test): readonly Monitor[] {
    const nodes = nodesOf("mon", test.nodes, this.options);
    return nodes.map((node) => ({ node, address: test.cluster.address(node) }));
  }

  #secretsOf(test: Test): Secrets {
    const on = (role: Role) => nodesOf(role, test.nodes, this.options);
    this.#secrets ??= newSecrets(on("mgr"), on("mds"), test.nodes.length);
    return this.#secrets;
  }

  async #makeMon(test: Test, session: Session, secrets: Secrets): Promise<void> {
    await writeRemoteFile(session, INITIAL_KEYRING, keyring(secrets, secrets.keys.keys(), true), "600");
    const what = ["--mkfs", "--id", session.node, "--monmap", MONMAP, "--keyring", INITIAL_KEYRING];
    await execOk(session, ["ceph-mon", "--conf", CONF, ...what], { timeoutMs: MKFS_TIMEOUT_MS });
    await execOk(session, ["rm", INITIAL_KEYRING]);
    await startRole(session, "mon", test.nodes);
  }

  async #end(test: Test, node: string, roles: readonly string[], graceMs: number): Promise<void> {
    const session = await test.cluster.session(node);
    const own = this.#rolesOn(test, node).filter((role) => roles.includes(role));
    await Promise.all(own.map((role) => stopDaemon(session, pidFileOf(role), graceMs)));
  }

  async #signal(test: Test, node: string, signal: Signal, roles: readonly string[]): Promise<void> {
    const session = await test.cluster.session(node);
    const own = this.#rolesOn(test, node).filter((role) => roles.includes(role));
    const sent = await Promise.all(own.map((role) => signalDaemon(session, pidFileOf(role), signal)));
    if (sent.some(Boolean)) return;
    const sentence = `No ${roles.join(" or ")} of Ceph runs on ${node}: nothing can get SIG${signal}.`;
    throw new JepsenError("remote", sentence, { node });
  }

  async #wipe(session: Session): Promise<void> {
    await endAll(session);
    await execOk(session, ["rm", "-rf", "--one-file-system", DIRECTORY, LOGS]);
  }
}

function monmapCommand(fsid: string, mons: readonly Monitor[]): readonly string[] {
  const added = mons.flatMap((monitor) => ["--addv", monitor.node, monitorAddress(monitor)]);
  return ["monmaptool", "--create", "--clobber", "--fsid", fsid, "--enable-all-features", ...added, MONMAP];
}
