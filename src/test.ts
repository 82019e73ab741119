/**
 * The ground floor: the small interfaces between the rooms, types only. A test is one plain record; optional abilities
 * of a database are separate interfaces, detected at run time by the guards beside them in `src/abilities.ts`.
 */

import type { z } from "zod";
import type { Evidence, History, Key, Op, OpError, OpType, Process } from "./history/op.ts";
import type { Random } from "./random.ts";

export type { Evidence, History, Key, Op, OpError, OpType, Process, Random };

/** true: holds · false: violated · "unknown": not decided, with the reason beside it. */
export type Verdict = true | false | "unknown";

/** What a checker found. Everything beside `valid` is the checker's own, plain JSON. */
export interface Result {
  readonly valid: Verdict;
  /** One sentence: why it is invalid or unknown; what was checked when it is valid. */
  readonly summary?: string;
  readonly [key: string]: unknown;
}

/** How much a checker may use. */
export interface Budget {
  readonly timeMs: number;
  readonly memoryBytes: number;
  readonly signal?: AbortSignal;
  /** Told of a part's result as soon as it is there: what was found counts, whatever becomes of the parts after it. */
  readonly report?: (part: string, result: Result) => void;
}

/** History in, verdict out. A checker that runs out of its budget answers "unknown" with how far it got. */
export interface Checker {
  check(test: CheckContext, history: History, budget: Budget): Promise<Result>;
}

/** What a checker may know of the test it judges, all of it rebuilt from test.json. */
export interface CheckContext {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly concurrency: number;
  readonly options: Options;
  /** The run's directory with node logs in `<directory>/<node>/`; absent when a bare history file is checked. */
  readonly directory?: string;
}

/** Parsed options of a suite, after defaults. */
export type Options = Readonly<Record<string, unknown>>;

/** A remote command's outcome; a code other than 0 is an outcome, not an error. */
export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** Milliseconds until the remote process group is killed and the call rejects with code "timeout". Default 30 000. */
  readonly timeoutMs?: number;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Bytes of stdout and of stderr kept at most; more rejects. Default 64 MiB. */
  readonly outputBytesMax?: number;
}

/** A long-lived remote process on a connection of its own: lines in, lines out. */
export interface RemoteProcess {
  /** Lines of stdout without their newline; ends when the process does. */
  readonly lines: AsyncIterable<string>;
  write(line: string): Promise<void>;
  /** Resolves with the exit code, or undefined when the connection broke before it was known. Never rejects. */
  readonly exited: Promise<number | undefined>;
  /** What it wrote to stderr so far, the last 64 KiB. */
  stderr(): string;
  close(): Promise<void>;
}

/** A shell on a node. Commands are argument vectors, never strings. */
export interface Session {
  readonly node: string;
  /** Rejects with JepsenError "timeout", "aborted", "connect" or "indeterminate"; never retried. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  spawn(argv: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<RemoteProcess>;
  upload(
    local: string,
    remote: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  download(
    remote: string,
    local: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  close(): Promise<void>;
}

/** Where nodes come from. */
export interface Cluster {
  readonly kind: string;
  readonly nodes: readonly string[];
  up(signal?: AbortSignal): Promise<void>;
  /** One session a node, opened at first use and kept. */
  session(node: string): Promise<Session>;
  /** The node's address on the network it shares with the others and with the control process. */
  address(node: string): string;
  /** Closes sessions; with `destroy`, removes nodes that `up` made. */
  down(options: { readonly destroy: boolean }): Promise<void>;
  /** What is needed to reach the nodes again from another process, plain JSON, for test.json. */
  describe(): Readonly<Record<string, unknown>>;
}

/** An operation about to be invoked. */
export type Invocation = Op & { readonly type: "invoke" };

/** What a client or nemesis answers. Fields left out keep the invocation's. */
export interface Completion {
  readonly type: "ok" | "fail" | "info";
  readonly value?: unknown;
  readonly error?: OpError;
  readonly evidence?: Evidence;
}

/**
 * A connection to the database. `open` must not change the database's logical state. A rejected `invoke` is recorded
 * as `info`: turn only what certainly did not happen into `fail`.
 */
export interface Client {
  /** A new client connected to `node`; the prototype stays unconnected. */
  open(test: Test, node: string): Promise<Client>;
  setup?(test: Test): Promise<void>;
  invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion>;
  teardown?(test: Test): Promise<void>;
  close(): Promise<void>;
  /** True if the same connection may serve the next process after an `info`. */
  readonly reusable?: boolean;
}

/** Installs and removes the database on nodes. `setup` is retried after a JepsenError "setup". */
export interface Db {
  setup(test: Test, node: string): Promise<void>;
  /** After every node's `setup`, on the first node only. */
  setupPrimary?(test: Test, node: string): Promise<void>;
  teardown(test: Test, node: string): Promise<void>;
  /** For the record: `{ etcd: "3.4.23" }`. */
  versions?(test: Test, node: string): Promise<Readonly<Record<string, string>>>;
}

/** A database process on a node. */
export interface DbProcess {
  readonly role: string;
  readonly pid: number;
}

/** Can be killed and started. `roles`: which daemons, all when left out. `start` waits for the process, never for cluster health. */
export interface Kill {
  kill(test: Test, node: string, roles?: readonly string[]): Promise<void>;
  start(test: Test, node: string, roles?: readonly string[]): Promise<void>;
}

/** Can be asked to end in good order (SIGTERM); started again by `Kill.start`. */
export interface Stop {
  stop(test: Test, node: string, roles?: readonly string[]): Promise<void>;
}

/** Can be frozen (SIGSTOP) and thawed (SIGCONT). */
export interface Pause {
  /** Resolves when every thread stands still: until then the system may go on answering. */
  pause(test: Test, node: string, roles?: readonly string[]): Promise<void>;
  resume(test: Test, node: string, roles?: readonly string[]): Promise<void>;
}

/** Knows which nodes are primaries now; [] when nobody is. */
export interface Primaries {
  primaries(test: Test): Promise<readonly string[]>;
}

/** Log files to fetch: remote path → name below the node's folder in the run directory. */
export interface LogFiles {
  logFiles(test: Test, node: string): Promise<Readonly<Record<string, string>>>;
}

/** Lists the database's processes on a node that are alive now. */
export interface Processes {
  readonly roles: readonly string[];
  /** Roles that another process of the database ends and starts as it sees fit: only that none runs at the end is a finding. */
  readonly supervised?: readonly string[];
  processes(test: Test, node: string): Promise<readonly DbProcess[]>;
}

/** TCP ports by purpose. */
export interface Ports {
  readonly ports: { readonly peer: readonly number[]; readonly client: readonly number[] };
}

/** Files that hold the database's data, for corruption faults. */
export interface DataFiles {
  /** Its data files stand for disks, which no fault makes shorter: what is cut off would come back with the next write. */
  readonly dataFilesAreDisks?: true;
  /** The classes that `dataFiles` knows, for what a user asks for to be checked before the run; without this any is handed on. */
  readonly dataFileClasses?: readonly string[];
  /** Absolute paths on the node by class (`wal`, `snapshot`); and the directory that a full disk must hit. */
  dataFiles(
    test: Test,
    node: string,
  ): Promise<{ readonly directory: string; readonly files: Readonly<Record<string, readonly string[]>> }>;
}

/** The database's own wall clock as seen from outside, where it shows it. */
export interface ClockProbe {
  /** Milliseconds since the epoch, and the resolution of the answer in milliseconds. */
  databaseClock(test: Test, node: string): Promise<{ readonly epochMs: number; readonly resolutionMs: number }>;
}

/** Called after each start of the database on a node, once its processes exist: faults that live in a process apply themselves again. */
export type StartHook = (test: Test, node: string) => Promise<void>;

/** A database that calls hooks after each start. Returns a function that removes the hook. */
export interface StartHooks {
  onStart(hook: StartHook): () => void;
}

/** Installs and removes a fault. ok: installed, with evidence · fail: skipped, with the reason · info: indeterminate. */
export interface Nemesis {
  readonly fs: ReadonlySet<string>;
  setup?(test: Test): Promise<void>;
  invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion>;
  /** Undoes whatever is still in force. */
  teardown?(test: Test): Promise<void>;
}

/** From which operation to which one a fault is in force, for judging and drawing. */
export interface Band {
  readonly family: string;
  /** Operations that install it. */
  readonly start: readonly string[];
  /** Operations that undo it; [] for faults that are points in time. */
  readonly stop: readonly string[];
}

/** What must agree travels together: the fault, when it strikes, how it is undone at the end, and how it is drawn. */
export interface NemesisPackage {
  /** The family's name, as `--nemesis` spells it; also its lane: `nemesis:<name>`. */
  readonly name: string;
  readonly nemesis: Nemesis;
  readonly generator: GeneratorLike;
  /** Undoes everything; runs after the main phase. */
  readonly finalGenerator: GeneratorLike;
  readonly bands: readonly Band[];
  /**
   * What the value of each operation may be, for schedules to be checked before the run begins; an operation that is not
   * here takes none. Without this, any value is handed on.
   */
  readonly values?: Readonly<Record<string, z.ZodType>>;
}

/** A fault family that a suite has, but not with the options of this run. */
export interface ImpossibleFault {
  readonly name: string;
  /** Why, and what to do instead, in one sentence. */
  readonly cannot: string;
}

/**
 * An operation-to-be. `type` is "invoke" unless it is one of the interpreter's own: `log` says its value in the run's
 * story, `sleep` holds its process for as many seconds as its value; neither is in the history.
 */
export interface OpDraft {
  readonly type?: "invoke" | "log" | "sleep" | undefined;
  readonly f?: string | undefined;
  readonly value?: unknown;
  readonly key?: Key | undefined;
  /** Not before this time, in nanoseconds since the start; filled in from the context when absent. */
  readonly time?: number | undefined;
  /** Filled in from the context's free processes when absent. */
  readonly process?: Process | undefined;
}

/** An operation draft with everything filled in by `next`. */
export type PlannedOp<Draft extends OpDraft = OpDraft> = Draft & {
  readonly type: "invoke" | "log" | "sleep";
  readonly time: number;
  readonly process: Process;
};

/** A worker: a client thread by number, or a nemesis lane by name. */
export type Thread = Process;

/**
 * What a generator may know when it is asked: the time, which threads are free, and which process each thread is.
 * A context is the view of one moment, valid during the call it is given to; `restrict` and `fork` make others of it.
 */
export interface GeneratorContext {
  /** Nanoseconds since the start. */
  readonly time: number;
  /**
   * The random stream for this ask: asking again for the same operation gives the same numbers. Client threads and
   * every nemesis lane have streams of their own.
   */
  readonly random: Random;
  readonly threadCount: number;
  readonly freeCount: number;
  /** Whether the thread is one of this context's and free. */
  isFree(thread: Thread): boolean;
  /** All threads of this context, clients first; the same array for the same threads. */
  threads(): readonly Thread[];
  freeThreads(): Thread[];
  /** A free process chosen fairly at random, or undefined when all are busy. */
  someFreeProcess(): Process | undefined;
  processOf(thread: Thread): Process;
  /** The thread that is this process now; undefined when there is none in this context. */
  threadOf(process: Process): Thread | undefined;
  /** The same moment with those threads only for which the predicate holds. Keep one predicate object: its answers are remembered. */
  restrict(predicate: (thread: Thread) => boolean): GeneratorContext;
  /** The same moment with random numbers of its own, the same for the same salt and branch: for generators that ask several others. */
  fork(salted: Salted, branch: number): GeneratorContext;
}

/** Something with a salt for random numbers, which may be drawn only when somebody asks for it. */
export interface Salted {
  readonly salt: number;
}

/**
 * What `next` answers: exhausted · nothing now, ask again after an event, or at the time `until` (nanoseconds since the
 * start) when that is known · an operation and the generator that follows it.
 */
export type NextStep<Draft extends OpDraft = OpDraft> =
  | undefined
  | { readonly op: "pending"; readonly next: GeneratorLike; readonly until?: number | undefined }
  | { readonly op: PlannedOp<Draft>; readonly next: GeneratorLike };

/**
 * A pure generator: `next` and `update` return new values and change nothing. An operation that is offered may go
 * unused: then the same generator is asked again. `update` is told of every invocation and completion, when the
 * process is still the one that acted and, at a completion, its thread is free again.
 */
export interface Generator<Draft extends OpDraft = OpDraft> {
  next(test: GeneratorTest, context: GeneratorContext): NextStep<Draft>;
  update(test: GeneratorTest, context: GeneratorContext, event: Op): GeneratorLike;
}

/** What generators may know of the test. */
export interface GeneratorTest {
  readonly nodes: readonly string[];
  readonly concurrency: number;
  readonly options: Options;
}

/** Whatever can serve as a generator: see `src/generator/` for what each form means. */
export type GeneratorLike =
  | undefined
  | null
  | Generator
  | OpDraft
  | readonly GeneratorLike[]
  | Iterable<GeneratorLike>
  | Promise<GeneratorLike>
  | ((test: GeneratorTest, context: GeneratorContext) => GeneratorLike);

/**
 * A run's hold on one node. What is registered here undoes itself when the control process dies: the node runs the
 * script once the lease (10 s, renewed four times in it, counted by the node's uptime) has run out.
 */
export interface Guard {
  /** Registers how to undo a fault, before it takes effect: a POSIX shell script that succeeds also when nothing is left to undo. */
  register(fault: string, undoScript: string): Promise<void>;
  /** After the fault was undone in good order. */
  unregister(fault: string): Promise<void>;
  /** Records on the node something irreversible that was done to it, in one sentence. */
  note(sentence: string): Promise<void>;
  /** Renews the lease now. Returns how often it has run out in this run: a change since a fault began means that the fault was undone meanwhile. */
  renew(): Promise<number>;
}

/** One test as a plain record, assembled by run.ts from a suite and options. */
export interface Test extends GeneratorTest, CheckContext {
  readonly name: string;
  readonly suite: string;
  readonly workload: string;
  readonly nodes: readonly string[];
  /** Client threads. */
  readonly concurrency: number;
  readonly seed: number;
  readonly options: Options;
  readonly cluster: Cluster;
  readonly db?: Db;
  readonly client: Client;
  readonly packages: readonly NemesisPackage[];
  readonly generator: GeneratorLike;
  readonly checker: Checker;
  /** This run's hold on a node. */
  guard(node: string): Guard;
  /** Meets the other nodes at a named point; bounded by `timeoutMs` (default 60 000). */
  barrier(name: string, node: string, timeoutMs?: number): Promise<void>;
  /** A line of the run's story. */
  log(line: string): void;
}

/** What clients do: a client, operations, and how their history is judged. */
export interface Workload {
  readonly client: Client;
  readonly generator: GeneratorLike;
  /** After the faults are healed: final reads. */
  readonly finalGenerator?: GeneratorLike;
  readonly checker: Checker;
  /** Operations that may end the run without a single ok (`stats` would call the run unknown otherwise). */
  readonly mayNeverSucceed?: readonly string[];
}

/** The flags of one suite: a zod object; each field's description is its help text, its default the flag's. */
export type OptionSchema = z.ZodObject<z.ZodRawShape>;

/** What a suite may know when it builds a workload, a database or its own faults. */
export interface SuiteContext {
  readonly nodes: readonly string[];
  readonly concurrency: number;
  readonly options: Options;
  /** The name of the workload that was chosen. */
  readonly workload?: string;
}

/** What can be tested on one system. */
export interface Suite {
  readonly name: string;
  /** One line for `--help`. */
  readonly description: string;
  readonly options: OptionSchema;
  readonly workloads: Readonly<Record<string, (context: SuiteContext) => Workload>>;
  /** The workload when `--workload` is not given; chosen from the options, or the first. */
  readonly defaultWorkload?: string | ((options: Options) => string);
  /** Flags of `options` that only some workloads read, by their names in the record, with those workloads. */
  readonly workloadsOfFlags?: Readonly<Record<string, readonly string[]>>;
  /** Other defaults for the flags of every run, by their names in the record: `{ timeLimit: 5 }`. */
  readonly defaults?: Options;
  readonly db?: (context: SuiteContext) => Db;
  /** Fault families that only this system has, offered beside the generic ones. */
  readonly faults?: (context: SuiteContext, db: Db | undefined) => readonly (NemesisPackage | ImpossibleFault)[];
  /** "none": the suite needs no nodes. */
  readonly cluster?: "none";
}
