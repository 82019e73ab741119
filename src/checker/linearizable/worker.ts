/** The worker thread's side of `parallel.ts`: decides the object that it was started for, answers, and ends. */

import { parentPort, workerData } from "node:worker_threads";
import { modelFrom } from "../../model/registry.ts";
import { NOT_YET, searchUnits, type Unit } from "./decide.ts";
import { type Group, groupsOf } from "./group.ts";
import { Meter } from "./meter.ts";
import type { WorkerAnswer, WorkerTask } from "./worker-task.ts";

const task = workerData as WorkerTask;
const meter = new Meter(task.timeMs, task.memoryBytes);
const unit: Unit = { group: groupsOf(task.history)[0] as Group, decision: NOT_YET };
searchUnits(modelFrom(task.recipe), [unit], task.tuning, meter, {
  from: task.round,
  to: Number.POSITIVE_INFINITY,
});
const answer: WorkerAnswer = { decision: unit.decision, explored: meter.explored };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins, windows do
parentPort?.postMessage(answer);
