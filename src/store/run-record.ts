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

const phaseSchema = z
  .object({
    name: z.string(),
    ms: z.number(),
    /** Milliseconds after the beginning of the run. */
    startMs: z.number().exactOptional(),
    /** What the interpreter did in it: client operations and how they ended, and fault operations. */
    did: z
      .object({
        /** "finished": there was no more to do · "stopped": by Ctrl-C, or healing by its time limit · "failed": with an error. */
        outcome: z.enum(["finished", "stopped", "failed"]),
        operations: z.number(),
        ok: z.number(),
        fail: z.number(),
        info: z.number(),
        faults: z.number(),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly();

/** A part of a run: cluster, database, clients · main, heal, settle, final reads · teardown, logs, database down. */
export type RunPhase = z.infer<typeof phaseSchema>;

/** run.json: how long each phase of the run took and what it did, and what went wrong outside the database. */
export const runOutcomeSchema = z
  .object({
    phases: z.array(phaseSchema).readonly(),
    /** Whether operations, or what comes before them, were ended early by the user. */
    interrupted: z.boolean(),
    /** A failure of the harness, in a sentence; the verdict stands beside it. */
    failure: z.object({ code: z.string(), message: z.string() }).readonly().exactOptional(),
    /** Errors in teardown, log fetching and the like. */
    problems: z.array(z.string()).readonly(),
    /** Event-loop lag of the control process in milliseconds. */
    lag: z.object({ maxMs: z.number(), p99Ms: z.number() }).readonly().exactOptional(),
  })
  .readonly();

export type RunOutcome = z.infer<typeof runOutcomeSchema>;
