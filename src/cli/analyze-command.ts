import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { isJepsenError } from "../errors.ts";
import { fetchLogs } from "../fetch-logs.ts";
import type { RunRecord } from "../store/run-record.ts";
import { findRun, readOutcome, readRecord } from "../store/store.ts";
import type { Db, Test } from "../test.ts";
import { clusterAgain } from "./cluster-choice.ts";
import { exitCodeOfRun } from "./exit-codes.ts";
import { type JudgeMessage, judge, recordedLimits } from "./judge.ts";
import { JUDGE_COMMAND, judgeInChild } from "./judge-child.ts";
import { addFlags, parseFlags } from "./option-flags.ts";
import { ofNamedRun, recordedPlan } from "./recorded-run.ts";
import { printVerdict } from "./verdict-text.ts";

const analyzeOptions = z.object({
  store: z.string().min(1).default("store").describe("where runs are kept"),
  checkTime: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe("seconds that checking may take (default: as the run was started with)"),
  checkMemory: z.int().min(64).max(1_048_576).optional().describe("MiB that checking may use (likewise)"),
});

/** `analyze [RUN]`: judges a stored run again, also one whose control process was killed. */
export function analyzeCommand(): Command {
  const command = new Command("analyze").description("judge a stored run again, the latest one when none is named");
  command.argument("[run]", "a run's directory, or its name below the store");
  addFlags(command, analyzeOptions, "Options:");
  command.option("--json", "print one JSON object instead of words");
  command.action(async (run: string | undefined, flags: Record<string, unknown>) => {
    const { store, checkTime, checkMemory } = parseFlags(analyzeOptions, flags) as z.infer<typeof analyzeOptions>;
    const directory = await findRun(store, run);
    const { record, outcome, results } = await ofNamedRun(async () => {
      const record = await readRecord(directory);
      const outcome = await readOutcome(directory);
      const { db } = await recordedPlan(directory, record);
      await fetchMissingLogs(directory, record, db);
      const recorded = recordedLimits(record);
      const results = await judgeInChild(directory, {
        timeMs: checkTime === undefined ? recorded.timeMs : checkTime * 1000,
        memoryBytes: checkMemory === undefined ? recorded.memoryBytes : checkMemory * (1 << 20),
      });
      return { record, outcome, results };
    });
    if (flags.json) process.stdout.write(`${JSON.stringify({ directory, seed: record.seed, results, outcome })}\n`);
    else printVerdict({ directory, record, results, ...(outcome ? { outcome } : {}) });
    process.exitCode = exitCodeOfRun(results.valid, outcome);
  });
  return command;
}

/** After a control process that was killed, the logs are still on the nodes, if those answer. */
async function fetchMissingLogs(directory: string, record: RunRecord, db: Db | undefined): Promise<void> {
  const missing = [];
  for (const node of record.nodes) if (!(await stat(join(directory, node)).catch(() => undefined))) missing.push(node);
  const cluster = missing.length > 0 ? await clusterAgain(record.cluster) : undefined;
  if (!cluster) return;
  try {
    await cluster.up(AbortSignal.timeout(20_000)).catch(() => {}); // what does not answer is named below
    const { problems } = await fetchLogs({ cluster, db, nodes: missing } as unknown as Test, directory);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
  } finally {
    await cluster.down({ destroy: false });
  }
}

/** The command that the child process of a check runs; not for people. */
export function judgeCommand(): Command {
  const command = new Command(JUDGE_COMMAND).argument("<directory>").argument("<timeMs>").argument("<memoryBytes>");
  command.action(async (directory: string, timeMs: string, memoryBytes: string) => {
    const limits = { timeMs: Number(timeMs), memoryBytes: Number(memoryBytes) };
    const tell = (message: JudgeMessage) => process.send?.(message);
    await judge(directory, limits, tell).catch((error: unknown) => {
      if (isJepsenError(error, "corrupt")) tell({ at: "damaged", sentence: error.message });
      throw error;
    });
    process.disconnect?.();
  });
  return command;
}
