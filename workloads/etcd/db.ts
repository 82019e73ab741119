import {
  awaitTrue,
  type Daemon,
  daemonPid,
  type Signal,
  signalDaemon,
  startDaemon,
  stopDaemon,
} from "../../src/control/daemon.ts";
import { execOk, requirePrograms } from "../../src/control/exec.ts";
import { SUITES_DIRECTORY } from "../../src/control/running-daemons.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type { Member, Members } from "../../src/members.ts";
import type {
  ClockProbe,
  DataFiles,
  Db,
  DbProcess,
  Kill,
  LogFiles,
  Pause,
  Ports,
  Primaries,
  Processes,
  StartHook,
  StartHooks,
  Stop,
  Test,
} from "../../src/test.ts";
import { answerError } from "./errors.ts";
import { Gateway } from "./http.ts";
import { EtcdMembers } from "./members.ts";

export const CLIENT_PORT = 2379;
export const PEER_PORT = 2380;

const DIRECTORY = `${SUITES_DIRECTORY}/etcd`;
const DATA = `${DIRECTORY}/data`;
const PID_FILE = `${DIRECTORY}/etcd.pid`;
const LOG_FILE = "/var/log/jepsen-ts/etcd.log";

const HEALTH_TIMEOUT_MS = 30_000;
const STATUS_TIMEOUT_MS = 1_000;
const STOP_GRACE_MS = 5_000;
/** A change of the membership goes through Raft. */
const MEMBER_TIMEOUT_MS = 5_000;

/** How etcd is run; the defaults make snapshots frequent, because that is where bugs have been. */
export interface EtcdDbOptions {
  /** Raft log entries between snapshots. */
  readonly snapshotCount: number;
  /** A log that is not synced to disk: a deliberately unsafe set-up. */
  readonly unsafeNoFsync: boolean;
}

interface MemberStatus {
  readonly memberId: string;
  readonly leader: string;
}

/** etcd on every node, started by the harness itself as a plain process. */
export class EtcdDb
  implements Db, Kill, Stop, Pause, Primaries, LogFiles, Processes, Ports, DataFiles, ClockProbe, StartHooks, Members
{
  readonly roles = ["etcd"];
  readonly dataFileClasses = ["wal", "snapshot"];
  readonly ports = { peer: [PEER_PORT], client: [CLIENT_PORT] };
  readonly #options: EtcdDbOptions;
  readonly #startHooks = new Set<StartHook>();
  readonly #members = new EtcdMembers({
    peerUrl: (test, node) => url(test, node, PEER_PORT),
    post: (test, node, path, request) =>
      this.#withGateway(test, node, MEMBER_TIMEOUT_MS, (gateway) => gateway.post(path, request)),
  });

  constructor(options: EtcdDbOptions) {
    this.#options = options;
  }

  async setup(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    await requirePrograms(
      session,
      ["etcd", "setsid", "timeout"],
      "etcd",
      "install it there (Debian: apt-get install etcd-server; in a clone, `npm run setup` for local nodes)",
    );
    await this.#wipe(test, node);
    this.#members.forget(node);
    await execOk(session, ["mkdir", "-p", DIRECTORY]);
    await this.start(test, node);
    await awaitTrue(
      () => this.#isHealthy(test, node),
      `etcd on ${node} was not healthy within ${HEALTH_TIMEOUT_MS / 1000} s.`,
      {
        timeoutMs: HEALTH_TIMEOUT_MS,
      },
    ).catch(async (error: unknown) => {
      const tail = await execOk(session, ["tail", "-n", "5", LOG_FILE]).catch(messageOf);
      throw new JepsenError("setup", `${messageOf(error)} Its log ends with:\n${tail}`, { node }, error);
    });
  }

  async setupPrimary(test: Test): Promise<void> {
    const agreed = async () => {
      const statuses = await Promise.all(test.nodes.map((node) => this.#status(test, node)));
      const leaders = new Set(statuses.map((status) => status?.leader));
      return leaders.size === 1 && statuses.some((status) => status?.memberId === status?.leader);
    };
    await awaitTrue(agreed, `The etcd members did not agree on one leader within ${HEALTH_TIMEOUT_MS / 1000} s.`, {
      timeoutMs: HEALTH_TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw new JepsenError("setup", messageOf(error), {}, error);
    });
  }

  async teardown(test: Test, node: string): Promise<void> {
    await this.#wipe(test, node);
  }

  async versions(test: Test, node: string): Promise<Readonly<Record<string, string>>> {
    const said = await execOk(await test.cluster.session(node), ["etcd", "--version"]);
    return { etcd: /Version:\s*(\S+)/.exec(said)?.[1] ?? said.split("\n")[0] ?? "unknown" };
  }

  async start(test: Test, node: string): Promise<void> {
    this.#members.assertMember(node);
    await startDaemon(await test.cluster.session(node), this.#daemon(test, node));
    for (const hook of this.#startHooks) await hook(test, node);
  }

  async kill(test: Test, node: string): Promise<void> {
    await stopDaemon(await test.cluster.session(node), PID_FILE);
  }

  async stop(test: Test, node: string): Promise<void> {
    await stopDaemon(await test.cluster.session(node), PID_FILE, STOP_GRACE_MS);
  }

  async pause(test: Test, node: string): Promise<void> {
    await this.#signal(test, node, "STOP");
  }

  async resume(test: Test, node: string): Promise<void> {
    await this.#signal(test, node, "CONT");
  }

  /** Nodes that say that they lead: for a moment there may be two. */
  async primaries(test: Test): Promise<readonly string[]> {
    const statuses = await Promise.all(
      test.nodes.map(async (node) => ({ node, status: await this.#status(test, node) })),
    );
    return statuses
      .filter(({ status }) => status !== undefined && status.memberId === status.leader)
      .map(({ node }) => node);
  }

  async logFiles(): Promise<Readonly<Record<string, string>>> {
    return { [LOG_FILE]: "etcd.log" };
  }

  async processes(test: Test, node: string): Promise<readonly DbProcess[]> {
    const pid = await daemonPid(await test.cluster.session(node), PID_FILE);
    return pid === undefined ? [] : [{ role: "etcd", pid }];
  }

  async dataFiles(test: Test, node: string) {
    const session = await test.cluster.session(node);
    const list = async (folder: string, suffix: string) => {
      const out = await execOk(session, ["find", DATA, "-type", "f", "-path", `*/${folder}/*${suffix}`]);
      return out === "" ? [] : out.split("\n").sort();
    };
    return { directory: DATA, files: { wal: await list("wal", ".wal"), snapshot: await list("snap", ".snap") } };
  }

  async databaseClock(test: Test, node: string) {
    const answer = await this.#ask(test, node, (gateway) => gateway.get("/version"));
    if (answer?.dateMs === undefined)
      throw new JepsenError("remote", `etcd on ${node} does not show its clock now.`, { node });
    return { epochMs: answer.dateMs, resolutionMs: 1000 };
  }

  memberView(test: Test, node: string): Promise<readonly Member[] | undefined> {
    return this.#members.view(test, node);
  }

  removeMember(test: Test, node: string, via: string): Promise<void> {
    return this.#members.remove(test, node, via);
  }

  async addMember(test: Test, node: string, via: string): Promise<void> {
    const session = await test.cluster.session(node);
    await stopDaemon(session, PID_FILE);
    await execOk(session, ["rm", "-rf", DATA]);
    await this.#members.add(test, node, via, () => this.start(test, node));
  }

  onStart(hook: StartHook): () => void {
    this.#startHooks.add(hook);
    return () => this.#startHooks.delete(hook);
  }

  #daemon(test: Test, node: string): Daemon {
    const argv = ["etcd", "--name", node, "--data-dir", DATA, "--logger", "zap", "--log-outputs", "stderr"];
    argv.push(
      "--listen-client-urls",
      url(test, node, CLIENT_PORT),
      "--advertise-client-urls",
      url(test, node, CLIENT_PORT),
    );
    argv.push(
      "--listen-peer-urls",
      url(test, node, PEER_PORT),
      "--initial-advertise-peer-urls",
      url(test, node, PEER_PORT),
    );
    argv.push(...this.#members.clusterFlags(test, node), "--snapshot-count", String(this.#options.snapshotCount));
    if (this.#options.unsafeNoFsync) argv.push("--unsafe-no-fsync");
    return { argv, pidFile: PID_FILE, logFile: LOG_FILE };
  }

  async #signal(test: Test, node: string, signal: Signal): Promise<void> {
    const sent = await signalDaemon(await test.cluster.session(node), PID_FILE, signal);
    if (!sent) throw new JepsenError("remote", `etcd does not run on ${node}: it cannot get SIG${signal}.`, { node });
  }

  async #wipe(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    await stopDaemon(session, PID_FILE);
    await execOk(session, ["rm", "-rf", DIRECTORY, LOG_FILE]);
  }

  /** Asks one member; undefined when it does not answer in time. */
  async #ask<T>(test: Test, node: string, request: (gateway: Gateway) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#withGateway(test, node, STATUS_TIMEOUT_MS, request);
    } catch {
      return undefined; // down or not yet up: the callers wait, or report that nobody answered
    }
  }

  async #withGateway<T>(
    test: Test,
    node: string,
    timeoutMs: number,
    request: (gateway: Gateway) => Promise<T>,
  ): Promise<T> {
    const gateway = new Gateway(test.cluster.address(node), CLIENT_PORT, timeoutMs);
    try {
      return await request(gateway);
    } finally {
      await gateway.close();
    }
  }

  async #isHealthy(test: Test, node: string): Promise<boolean> {
    const answer = await this.#ask(test, node, (gateway) => gateway.get("/health"));
    return (answer?.body as { health?: unknown } | undefined)?.health === "true";
  }

  async #status(test: Test, node: string): Promise<MemberStatus | undefined> {
    const answer = await this.#ask(test, node, (gateway) => gateway.post("/v3/maintenance/status", {}));
    if (!answer || answerError(answer)) return undefined;
    const body = answer.body as { leader?: string; header?: { member_id?: string } };
    return { leader: body.leader ?? "0", memberId: body.header?.member_id ?? "" };
  }
}

function url(test: Test, node: string, port: number): string {
  const address = test.cluster.address(node);
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
