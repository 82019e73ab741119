import { z } from "zod";

/**
 * test.json: all that is needed to run a test again and to judge its history without it. Written before the first
 * operation. `format` grows when a reader of the old form could misunderstand the new one.
 */
export const runRecordSchema = z.object({
  format: z.literal(1),
  /** `<suite> <workload> <faults>`; also the folder's name, made safe. */
  name: z.string(),
  /** A built-in suite's name, or the absolute path of the user's module. */
  suite: z.string(),
  workload: z.string(),
  /** Fault families that were asked for; [] for none. */
  nemesis: z.array(z.string()),
  seed: z.number(),
  nodes: z.array(z.string()),
  concurrency: z.number(),
  /** Every option after defaults, the suite's own included. */
  options: z.record(z.string(), z.unknown()),
  /** How to reach the nodes again. */
  cluster: z.record(z.string(), z.unknown()),
  /** ISO 8601. */
  startDate: z.string(),
  /** The command line, without the seed when it was drawn; with it the run can be repeated. */
  command: z.array(z.string()),
  versions: z.record(z.string(), z.record(z.string(), z.string())),
  environment: z.object({
    harness: z.string(),
    node: z.string(),
    system: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
  }),
});

export type RunRecord = z.infer<typeof runRecordSchema>;

/** A part of a run: cluster, database, clients · main, heal, settle, final reads · teardown, logs, database down. */
export interface RunPhase {
  readonly name: string;
  readonly ms: number;
  /** Milliseconds after the beginning of the run. */
  readonly startMs?: number;
  /** What the interpreter did in it: client operations and how they ended, and fault operations. */
  readonly did?: {
    /** "finished": there was no more to do · "stopped": by Ctrl-C · "failed": with an error. */
    readonly outcome: "finished" | "stopped" | "failed";
    readonly operations: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
    readonly faults: number;
  };
}

/** How long each phase of the run took and what it did, and what went wrong outside the database: run.json. */
export interface RunOutcome {
  readonly phases: readonly RunPhase[];
  /** Why the main phase ended early, if it did. */
  readonly interrupted: boolean;
  /** A failure of the harness, in a sentence; the verdict stands beside it. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** Errors in teardown, log fetching and the like. */
  readonly problems: readonly string[];
  /** Event-loop lag of the control process in milliseconds. */
  readonly lag?: { readonly maxMs: number; readonly p99Ms: number };
}
