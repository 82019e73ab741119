/**
 * Checkers as a library: `import { checkLinearizable } from "jepsen-ts/checker"`.
 */

export type { History, Key, Op } from "../history/op.ts";
export {
  type HistoryFormat,
  type ReadHistory,
  type ReadHistoryOptions,
  readHistory,
} from "../history/readers/detect.ts";
export { casOk, casRegister } from "../model/cas-register.ts";
export type { Growth, Model, ModelOp, Step, Structure } from "../model/model.ts";
export { Inconsistent, inconsistent, OneOf } from "../model/model.ts";
export { modelByName, models } from "../model/registry.ts";
export {
  type BankError,
  type BankErrors,
  type BankErrorType,
  type BankOptions,
  type BankResult,
  bankChecker,
} from "./bank.ts";
export { type ComposedResult, compose } from "./compose.ts";
export { type CounterRead, type CounterResult, counterChecker } from "./counter.ts";
export { type CrashesResult, crashes, PANIC_PATTERNS, PROCESSES_FILE, type ProcessDeath } from "./crashes.ts";
export { type FamilyFaults, type FaultBand, type FaultOutcome, type FaultsResult, faults } from "./faults.ts";
export { type IndependentResult, independent, type KeyResult } from "./independent.ts";
export { type CheckOptions, checkLinearizable } from "./linearizable/check.ts";
export { linearizable } from "./linearizable/checker.ts";
export { checkInParallel } from "./linearizable/parallel.ts";
export type {
  Contradiction,
  Failure,
  LinearizableResult,
  OperationView,
  StuckState,
  Undecided,
} from "./linearizable/result.ts";
export { type LogFilePatternResult, logFilePattern } from "./log-file-pattern.ts";
export { type Fork, type LongForkResult, longForkChecker } from "./long-fork.ts";
export type { LogMatch } from "./node-logs.ts";
export { type LatencySummary, type PerfResult, perf, type QuantileLine, type RateLine } from "./perf.ts";
export type { Quantiles } from "./quantiles.ts";
export { type QueueResult, queueChecker } from "./queue.ts";
export { type RecoveryResult, recovery } from "./recovery.ts";
export { type SetResult, setChecker } from "./set.ts";
export { type SetFullResult, type StaleElement, setFullChecker } from "./set-full.ts";
export { type Counts, type StatsResult, stats } from "./stats.ts";
export { type TotalQueueResult, totalQueueChecker } from "./total-queue.ts";
export { type ErrorGroup, type UnhandledErrorsResult, unhandledErrors } from "./unhandled.ts";
export { type UniqueIdsResult, uniqueIdsChecker } from "./unique-ids.ts";
export { checkSafely, mergeVerdicts } from "./verdict.ts";
