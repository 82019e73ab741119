import type { Checker, Cluster, Db, NemesisPackage, Options, Suite, Workload } from "./test.ts";

/** Everything that one run needs. */
export interface RunPlan {
  readonly name: string;
  readonly suite: Suite;
  readonly workloadName: string;
  readonly workload: Workload;
  readonly db?: Db;
  readonly packages: readonly NemesisPackage[];
  readonly checker: Checker;
  readonly cluster: Cluster;
  readonly concurrency: number;
  readonly seed: number;
  readonly options: Options;
  /** Operations a second over all clients; 0: as fast as it goes. */
  readonly ratePerSecond: number;
  readonly limits: RunLimits;
  /** The run's directory, which exists. */
  readonly directory: string;
  /** The run's id on the nodes. */
  readonly id: string;
  /** Undoes and removes what another run left on the nodes, instead of refusing them. */
  readonly healFirst: boolean;
}

export interface RunLimits {
  readonly timeLimitMs: number;
  /** Of each try to set the database up, of the set-up of faults and clients. */
  readonly setupTimeoutMs: number;
  readonly operationTimeoutMs: number;
  readonly nemesisTimeoutMs: number;
  /** No healing operation begins later than so long after the first; one that has begun may take `nemesisTimeoutMs`. */
  readonly healMs: number;
  /** Of each part of the teardown, giving the nodes back included. */
  readonly teardownPartMs: number;
  /** Of all parts together but that last one, which always has its time. */
  readonly teardownMs: number;
  /** A run that makes no progress for so long is ended. */
  readonly stallMs: number;
  /** A healthy period between the last fault and the final reads. */
  readonly settleMs: number;
  readonly leaseSeconds: number;
}

/** What a run tells while it goes. */
export interface RunObserver {
  phase(name: string): void;
  log(line: string): void;
  /** Called at most a few times a second. */
  progress(progress: RunProgress): void;
  /** After the database is up, before the first operation: the record can be completed. */
  versions(versions: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<void>;
}

export interface RunProgress {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly fault: string | undefined;
}

/** Two ways to end a run early. */
export interface RunSignals {
  /** No new operations: heal, read, fetch logs, and judge what there is. */
  readonly stop: AbortSignal;
  /** At once: only undo faults and fetch what can be fetched quickly. */
  readonly abort: AbortSignal;
}
