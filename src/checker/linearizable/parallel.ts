/** Hard objects are searched in worker threads, one each, as they are independent of each other. */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { History, Op } from "../../history/op.ts";
import { type ModelRecipe, recipeOf } from "../../model/built-in.ts";
import type { Model } from "../../model/model.ts";
import { beginCheck, type Check, type CheckOptions, finishCheck } from "./check.ts";
import { ALL_ROUNDS, openUnits, searchUnits, timeAfterViolation, type Unit } from "./decide.ts";
import type { Group } from "./group.ts";
import type { LinearizableResult } from "./result.ts";
import type { Decision } from "./solver.ts";
import type { WorkerAnswer, WorkerTask } from "./worker-task.ts";

/** Rounds that every object gets in this thread: what they decide is not worth a worker, which takes 50 ms to start. */
const ROUNDS_HERE = 1;
/** Time that must be left for workers to be worth it. */
const LEFT_MIN_MS = 1_000;
const WORKERS_MAX = 16;

const OUT_OF_MEMORY: Decision = { verdict: "unknown", algorithm: "trivial", limit: "memory" };

/**
 * `checkLinearizable`, with worker threads for objects that are hard, when there are several of them and the machine can
 * run several threads. Users' own models stay in this thread, as functions cannot be sent to another one. When the
 * signal aborts, workers are ended, and what they had not decided is "unknown".
 */
export async function checkInParallel(
  model: Model,
  history: History,
  options: CheckOptions,
  signal?: AbortSignal,
): Promise<LinearizableResult> {
  const threads = Math.min(availableParallelism(), WORKERS_MAX);
  const recipe = recipeOf(model);
  if (recipe === undefined || threads < 2) {
    return finishCheck(beginCheck(model, history, options, ALL_ROUNDS));
  }
  const check = beginCheck(model, history, options, { from: 0, to: ROUNDS_HERE });
  const open = openUnits(check.units);
  if (open.length > 1 && check.meter.leftMs > LEFT_MIN_MS) {
    await searchInWorkers(check, open, recipe, Math.min(threads, open.length), signal);
  } else {
    searchUnits(model, check.units, check.tuning, check.meter, { from: ROUNDS_HERE, to: Number.POSITIVE_INFINITY });
  }
  return finishCheck(check);
}

async function searchInWorkers(
  check: Check,
  open: readonly Unit[],
  recipe: ModelRecipe,
  threads: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { meter, tuning } = check;
  const waiting = [...open];
  const stop = new AbortController();
  const stopAll = () => stop.abort();
  signal?.addEventListener("abort", stopAll, { once: true });
  let timer = setTimeout(stopAll, meter.leftMs);
  let violated = check.units.some(({ decision }) => decision.verdict === false);
  const lane = async (): Promise<void> => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      // What is left is shared by those that wait: one after another in each thread.
      const turns = Math.ceil((waiting.length + 1) / threads);
      const task: WorkerTask = {
        recipe,
        history: eventsOf(unit.group),
        tuning,
        timeMs: meter.leftMs / turns,
        memoryBytes: meter.memoryBytes / threads,
        round: ROUNDS_HERE,
      };
      const answer = stop.signal.aborted || signal?.aborted ? undefined : await runWorker(task, stop.signal);
      unit.decision = answer?.decision ?? { ...unit.decision, limit: "time" };
      meter.addExplored(answer?.explored ?? 0);
      if (unit.decision.verdict !== false || violated) continue;
      violated = true;
      meter.shorten(timeAfterViolation(meter));
      clearTimeout(timer);
      timer = setTimeout(stopAll, meter.leftMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, lane));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stopAll);
  }
}

function startWorker(workerData: WorkerTask): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./worker.js", import.meta.url), { workerData });
  // From its sources, this program runs through tsx, which in a worker must be asked.
  const code = `import("${import.meta.resolve("tsx/esm/api")}").then((tsx) => { tsx.register(); return import("${new URL("./worker.ts", import.meta.url)}"); })`;
  return new Worker(code, { eval: true, workerData });
}

/** What a worker answers; undefined when it was ended first. Rejects when it fails, other than for want of memory. */
function runWorker(task: WorkerTask, stop: AbortSignal): Promise<WorkerAnswer | undefined> {
  const worker = startWorker(task);
  return new Promise((resolve, reject) => {
    const end = () => void worker.terminate();
    stop.addEventListener("abort", end, { once: true });
    worker.once("message", (answer: WorkerAnswer) => resolve(answer));
    worker.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve({ decision: OUT_OF_MEMORY, explored: 0 });
      else reject(error);
    });
    worker.once("exit", () => {
      stop.removeEventListener("abort", end);
      resolve(undefined);
    });
  });
}

/** The group's own events as a history. */
function eventsOf({ history, events, invoke, complete }: Group): Op[] {
  return Array.from(events, (event) => {
    const number = event >> 1;
    const position = (event & 1) === 1 ? complete[number] : invoke[number];
    return history[position as number] as Op;
  });
}
