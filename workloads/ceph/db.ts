import {
  type Daemon,
  daemonPid,
  type Signal,
  signalDaemon,
  startDaemon,
  stopDaemon,
} from "../../src/control/daemon.ts";
import { execOk, missingPrograms, writeRemoteFile } from "../../src/control/exec.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { isJepsenError, JepsenError } from "../../src/errors.ts";
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
import { keyring, newSecrets, type Secrets } from "./keys.ts";
import {
  ADMIN_KEYRING,
  CONF,
  DIRECTORY,
  dataOf,
  INITIAL_KEYRING,
  LOGS,
  MONMAP,
  pidFileOf,
  ROLES,
  type Role,
  socketOf,
} from "./paths.ts";
import { createPool, registerOsds } from "./pool.ts";

/** Monitors and managers run on the first nodes: an odd number of the former. */
const MONS_MAX = 3;
const MGRS_MAX = 2;
const STATUS_TIMEOUT_MS = 5_000;
const STOP_GRACE_MS = 5_000;
const MKFS_TIMEOUT_MS = 60_000;

/** Ceph: monitors on the first three nodes, managers on the first two, an OSD on every node, one replicated pool. */
export class CephDb implements Db, Kill, Stop, Pause, Primaries, Processes, LogFiles, Ports, DataFiles, StartHooks {
  readonly roles = [...ROLES];
  readonly ports = { peer: [3300, 6789], client: [3300, 6789] };
  readonly #options: ClusterOptions;
  readonly #startHooks = new Set<StartHook>();
  #secrets: Secrets | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  async setup(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    await requirePrograms(session);
    await this.#wipe(session);
    const secrets = this.#secretsOf(test);
    await execOk(session, ["mkdir", "-p", "-m", "750", DIRECTORY, LOGS]);
    await execOk(session, ["mkdir", ...ROLES.map(dataOf)]);
    const place = { name: node, address: test.cluster.address(node) };
    const admin = keyring(secrets, ["client.admin"], false);
    await Promise.all([
      writeRemoteFile(session, CONF, configuration(secrets.fsid, place, monitors(test), this.#options)),
      writeRemoteFile(session, ADMIN_KEYRING, admin, "600"),
    ]);
    await execOk(session, monmapCommand(secrets.fsid, monitors(test)));
    await Promise.all([this.#makeMon(test, session, secrets), this.#makeOsd(test, session, secrets)]);
  }

  async setupPrimary(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    const { osdUuids } = this.#secretsOf(test);
    await registerOsds(session, osdUuids);
    await onAllNodes(test.nodes, async (each) => this.start(test, each));
    await createPool(session, this.#options, test.nodes.length);
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
    await Promise.all(
      rolesOf(test, node)
        .filter((role) => roles.includes(role))
        .map((role) => startDaemon(session, daemon(test, node, role))),
    );
    for (const hook of this.#startHooks) await hook(test, node);
  }

  async kill(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#end(test, node, roles, 0);
  }

  async stop(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#end(test, node, roles, STOP_GRACE_MS);
  }

  async pause(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "STOP", roles);
  }

  async resume(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "CONT", roles);
  }

  /** Nodes whose monitor says that it leads; a monitor that does not answer, leads nobody. */
  async primaries(test: Test): Promise<readonly string[]> {
    const states = await Promise.all(
      monitors(test).map(async ({ node }) => ({ node, state: await monState(await test.cluster.session(node)) })),
    );
    return states.filter(({ state }) => state === "leader").map(({ node }) => node);
  }

  async processes(test: Test, node: string): Promise<readonly DbProcess[]> {
    const session = await test.cluster.session(node);
    const found = await Promise.all(
      rolesOf(test, node).map(async (role) => ({ role, pid: await daemonPid(session, pidFileOf(role)) })),
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

  #secretsOf(test: Test): Secrets {
    this.#secrets ??= newSecrets(mgrNodes(test), test.nodes.length);
    return this.#secrets;
  }

  async #makeMon(test: Test, session: Session, secrets: Secrets): Promise<void> {
    const { node } = session;
    if (rolesOf(test, node).includes("mgr")) {
      const key = keyring(secrets, [`mgr.${node}`], false);
      await writeRemoteFile(session, `${dataOf("mgr")}/keyring`, key, "600");
    }
    if (!rolesOf(test, node).includes("mon")) return;
    await writeRemoteFile(session, INITIAL_KEYRING, keyring(secrets, secrets.keys.keys(), true), "600");
    const what = ["--mkfs", "--id", node, "--monmap", MONMAP, "--keyring", INITIAL_KEYRING];
    await execOk(session, ["ceph-mon", "--conf", CONF, ...what], { timeoutMs: MKFS_TIMEOUT_MS });
    await execOk(session, ["rm", INITIAL_KEYRING]);
    await startDaemon(session, daemon(test, node, "mon"));
  }

  async #makeOsd(test: Test, session: Session, secrets: Secrets): Promise<void> {
    const number = test.nodes.indexOf(session.node);
    const key = keyring(secrets, [`osd.${number}`], false);
    await writeRemoteFile(session, `${dataOf("osd")}/keyring`, key, "600");
    const what = ["--mkfs", "--id", String(number), "--osd-uuid", secrets.osdUuids[number] ?? "", "--monmap", MONMAP];
    await execOk(session, ["ceph-osd", "--conf", CONF, ...what], { timeoutMs: MKFS_TIMEOUT_MS });
  }

  async #end(test: Test, node: string, roles: readonly string[], graceMs: number): Promise<void> {
    const session = await test.cluster.session(node);
    const own = rolesOf(test, node).filter((role) => roles.includes(role));
    await Promise.all(own.map((role) => stopDaemon(session, pidFileOf(role), graceMs)));
  }

  async #signal(test: Test, node: string, signal: Signal, roles: readonly string[]): Promise<void> {
    const session = await test.cluster.session(node);
    const own = rolesOf(test, node).filter((role) => roles.includes(role));
    const sent = await Promise.all(own.map((role) => signalDaemon(session, pidFileOf(role), signal)));
    if (sent.some(Boolean)) return;
    const sentence = `No ${roles.join(" or ")} of Ceph runs on ${node}: nothing can get SIG${signal}.`;
    throw new JepsenError("remote", sentence, { node });
  }

  async #wipe(session: Session): Promise<void> {
    await Promise.all(ROLES.map((role) => stopDaemon(session, pidFileOf(role))));
    await execOk(session, ["rm", "-rf", DIRECTORY, LOGS]);
  }
}

function monitors(test: Test): readonly Monitor[] {
  return test.nodes.slice(0, MONS_MAX).map((node) => ({ node, address: test.cluster.address(node) }));
}

function mgrNodes(test: Test): readonly string[] {
  return test.nodes.slice(0, MGRS_MAX);
}

/** The daemons of one node. */
function rolesOf(test: Test, node: string): readonly Role[] {
  const number = test.nodes.indexOf(node);
  return ROLES.filter((role) => role === "osd" || number < (role === "mon" ? MONS_MAX : MGRS_MAX));
}

function daemon(test: Test, node: string, role: Role): Daemon {
  const id = role === "osd" ? String(test.nodes.indexOf(node)) : node;
  const argv = [`ceph-${role}`, "--foreground", "--conf", CONF, "--id", id];
  return { argv, pidFile: pidFileOf(role), logFile: `${LOGS}/${role}.out.log` };
}

function monmapCommand(fsid: string, mons: readonly Monitor[]): readonly string[] {
  const added = mons.flatMap((monitor) => ["--addv", monitor.node, monitorAddress(monitor)]);
  return ["monmaptool", "--create", "--clobber", "--fsid", fsid, "--enable-all-features", ...added, MONMAP];
}

async function requirePrograms(session: Session): Promise<void> {
  const { node } = session;
  const wanted = ["ceph-mon", "ceph-mgr", "ceph-osd", "ceph", "monmaptool", "python3", "setsid", "timeout"];
  const missing = [...(await missingPrograms(session, wanted))];
  if (!missing.includes("python3") && (await session.exec(["python3", "-c", "import rados"])).code !== 0) {
    missing.push("the rados module of its python3");
  }
  if (missing.length === 0) return;
  const sentence = `Node ${node} lacks ${missing.join(" and ")}: install it there (Debian: apt-get install --no-install-recommends ceph-mon ceph-mgr ceph-osd ceph-common python3-rados; in a clone, \`npm run setup\` for local nodes).`;
  throw new JepsenError("environment", sentence, { node, missing });
}

/** What a monitor takes itself for, asked at its own socket, which needs no quorum. */
async function monState(session: Session): Promise<string | undefined> {
  const argv = ["ceph", "--conf", CONF, "--admin-daemon", socketOf("mon"), "mon_status"];
  try {
    const { code, stdout } = await session.exec(argv, { timeoutMs: STATUS_TIMEOUT_MS });
    return code === 0 ? (JSON.parse(stdout) as { state?: string }).state : undefined;
  } catch (error) {
    if (isJepsenError(error, "timeout", "indeterminate", "connect")) return undefined; // paused, or cut off
    throw error;
  }
}
