import { monotonicMs } from "../../src/clock.ts";
import { awaitTrue } from "../../src/control/daemon.ts";
import { execOk, requirePrograms } from "../../src/control/exec.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { isJepsenError, JepsenError, messageOf } from "../../src/errors.ts";
import type {
  DataFiles,
  Db,
  DbProcess,
  Kill,
  LogFiles,
  Pause,
  Processes,
  Session,
  StartHook,
  StartHooks,
  Test,
} from "../../src/test.ts";
import { addBrick, removeBrick } from "./bricks.ts";
import { gluster, glusterOk } from "./cli.ts";
import { installGlusterd, startGlusterd } from "./glusterd.ts";
import { type MountOptions, mountVolume } from "./mount.ts";
import { BRICKS, DIRECTORY, HEAL_REPORT, LOG_FILES, LOGS, VOLUME } from "./paths.ts";
import { killProcesses, listProcesses, ROLES, signalProcesses, wipe } from "./processes.ts";
import { brickNodes, createCommand, setCommand, type VolumeOptions } from "./volume.ts";

const HEALTH_TIMEOUT_MS = 30_000;
const PROGRAMS = ["glusterd", "gluster", "glusterfs", "setsid", "timeout", "umount", "unshare"];
const PATIENCE_MS = 4_000;
const RESTART_TIMEOUT_MS = 25_000;
const HEAL_TIMEOUT_MS = 8_000;

/** How Gluster is run. */
export interface GlusterDbOptions extends VolumeOptions, MountOptions {}

/** glusterd on every node, one volume with bricks on the first nodes, mounted by FUSE on every node. */
export class GlusterDb implements Db, Kill, Pause, Processes, LogFiles, DataFiles, StartHooks {
  readonly roles = [...ROLES];
  readonly dataFileClasses = []; // its data files are the workload's own files
  /** glusterd ends and starts the self-heal daemon with many a change of the volume. */
  readonly supervised = ["shd"];
  readonly #options: GlusterDbOptions;
  readonly #startHooks = new Set<StartHook>();
  /** Nodes that hold a brick now. */
  #bricks: readonly string[] = [];

  constructor(options: GlusterDbOptions) {
    this.#options = options;
  }

  get bricks(): readonly string[] {
    return this.#bricks;
  }

  async setup(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    const packages = "glusterfs-server glusterfs-client";
    const remedy = `install it there (Debian: apt-get install ${packages}; in a clone, \`npm run setup\` for local nodes)`;
    await requirePrograms(session, PROGRAMS, "GlusterFS", remedy);
    await this.#wipe(session);
    await execOk(session, ["mkdir", "-p", BRICKS, `${DIRECTORY}/glusterd`, `${DIRECTORY}/run`, LOGS]);
    await installGlusterd(session);
    await startGlusterd(session);
    const answers = async () => (await gluster(session, ["pool", "list"])).code === 0;
    await this.#await(answers, `glusterd on ${node} did not answer within ${HEALTH_TIMEOUT_MS / 1000} s.`);
  }

  async setupPrimary(test: Test, node: string): Promise<void> {
    const session = await test.cluster.session(node);
    const others = test.nodes.filter((other) => other !== node);
    for (const other of others) await glusterOk(session, ["peer", "probe", test.cluster.address(other)]);
    const hearsAll = async (each: string) => {
      const { stdout } = await gluster(await test.cluster.session(each), ["peer", "status"]);
      return stdout.split("Peer in Cluster (Connected)").length - 1 === others.length;
    };
    // every node must know every other: a volume is staged by each of them
    const allConnected = async () => (await Promise.all(test.nodes.map(hearsAll))).every(Boolean);
    await this.#await(allConnected, `The peers were not all connected within ${HEALTH_TIMEOUT_MS / 1000} s.`);
    this.#bricks = brickNodes(this.#options.layout, test.nodes);
    const addresses = this.#bricks.map((each) => test.cluster.address(each));
    await glusterOk(session, createCommand(this.#options.layout, addresses));
    await glusterOk(session, setCommand(this.#options));
    await glusterOk(session, ["volume", "start", VOLUME]);
    await this.#awaitSetup(() => onAllNodes(test.nodes, async (each) => this.#mount(test, each)));
    for (const each of test.nodes) await this.#callHooks(test, each);
  }

  async teardown(test: Test, node: string): Promise<void> {
    await this.#wipe(await test.cluster.session(node));
  }

  async versions(test: Test, node: string): Promise<Readonly<Record<string, string>>> {
    const said = await execOk(await test.cluster.session(node), ["glusterd", "--version"]);
    return { glusterfs: /^glusterfs (\S+)/.exec(said)?.[1] ?? said.split("\n")[0] ?? "unknown" };
  }

  async kill(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    const session = await test.cluster.session(node);
    await killProcesses(session, await listProcesses(session, roles));
  }

  /**
   * glusterd starts its bricks and the self-heal daemon itself, when it hears another peer; a glusterd that runs, or
   * takes its time, is told to. A node that is cut off gets them when it is heard again: that is not waited for.
   */
  async start(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    const session = await test.cluster.session(node);
    const isRunning = (await listProcesses(session, ["glusterd"])).length > 0;
    await startGlusterd(session);
    const patientUntil = monotonicMs() + PATIENCE_MS;
    const wanted = roles.filter((role) => role === "shd" || (role === "brick" && this.#bricks.includes(node)));
    const areThere = async () => {
      const found = new Set((await listProcesses(session, wanted)).map(({ role }) => role));
      if (wanted.every((role) => found.has(role))) return true;
      if (isRunning || monotonicMs() > patientUntil) await gluster(session, ["volume", "start", VOLUME, "force"]);
      return false;
    };
    const sentence = `${wanted.join(" and ")} on ${node} did not start yet.`;
    const begun = [awaitTrue(areThere, sentence, { timeoutMs: RESTART_TIMEOUT_MS, pauseMs: 200 })];
    if (roles.includes("mount")) begun.push(this.#mount(test, node)); // it needs no brick of this node
    for (const outcome of await Promise.allSettled(begun)) {
      if (outcome.status === "fulfilled") continue;
      if (!isJepsenError(outcome.reason, "timeout")) throw outcome.reason;
      test.log(messageOf(outcome.reason));
    }
    await this.#callHooks(test, node);
  }

  async pause(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "STOP", roles);
  }

  async resume(test: Test, node: string, roles: readonly string[] = ROLES): Promise<void> {
    await this.#signal(test, node, "CONT", roles);
  }

  async processes(test: Test, node: string): Promise<readonly DbProcess[]> {
    return listProcesses(await test.cluster.session(node));
  }

  /** Those that exist; the first node's own report of what is to be healed, and what cannot be, is made for it. */
  async logFiles(test: Test, node: string): Promise<Readonly<Record<string, string>>> {
    const session = await test.cluster.session(node);
    if (node === test.nodes[0]) await this.#reportHealing(session);
    const script = 'for file; do [ -f "$file" ] && echo "$file"; done; exit 0';
    const there = new Set((await execOk(session, ["sh", "-c", script, "sh", ...Object.keys(LOG_FILES)])).split("\n"));
    return Object.fromEntries(Object.entries(LOG_FILES).filter(([path]) => there.has(path)));
  }

  async dataFiles() {
    return { directory: BRICKS, files: {} };
  }

  /** Takes the node's brick out of the volume; asked of `via`. The others keep what they have. */
  async removeBrick(test: Test, node: string, via: string): Promise<void> {
    const left = this.#bricks.filter((each) => each !== node);
    await removeBrick(test, node, via, left.length);
    this.#bricks = left;
  }

  /** Gives the volume an empty brick on the node, which the others fill; asked of `via`. */
  async addBrick(test: Test, node: string, via: string): Promise<void> {
    await addBrick(test, node, via, this.#bricks.length + 1);
    this.#bricks = [...this.#bricks, node];
    await this.#callHooks(test, node);
  }

  onStart(hook: StartHook): () => void {
    this.#startHooks.add(hook);
    return () => this.#startHooks.delete(hook);
  }

  async #callHooks(test: Test, node: string): Promise<void> {
    for (const hook of this.#startHooks) await hook(test, node);
  }

  async #mount(test: Test, node: string): Promise<void> {
    await mountVolume(await test.cluster.session(node), this.#options);
  }

  async #signal(test: Test, node: string, signal: "STOP" | "CONT", roles: readonly string[]): Promise<void> {
    const session = await test.cluster.session(node);
    const found = await listProcesses(session, roles);
    if (found.length === 0) {
      const sentence = `No ${roles.join(" or ")} of Gluster runs on ${node}: nothing can get SIG${signal}.`;
      throw new JepsenError("remote", sentence, { node });
    }
    await signalProcesses(session, found, signal);
  }

  async #reportHealing(session: Session): Promise<void> {
    const script = `for what in "info" "info split-brain"; do echo "== volume heal ${VOLUME} $what"; timeout "$1" gluster --mode=script --log-file="$2/cli.log" volume heal ${VOLUME} $what 2>&1; done > "$3"; exit 0`;
    await execOk(session, ["sh", "-c", script, "sh", String(HEAL_TIMEOUT_MS / 1000), LOGS, HEAL_REPORT]);
  }

  async #wipe(session: Session): Promise<void> {
    await wipe(session, [LOGS, ...Object.keys(LOG_FILES)]);
  }

  async #await(probe: () => Promise<boolean>, sentence: string): Promise<void> {
    await this.#awaitSetup(() => awaitTrue(probe, sentence, { timeoutMs: HEALTH_TIMEOUT_MS }));
  }

  /** A bound that was reached during set-up is tried again from the start. */
  async #awaitSetup(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!isJepsenError(error, "timeout")) throw error;
      throw new JepsenError("setup", messageOf(error), error.data, error);
    }
  }
}
