/**
 * Generators: what to do next, as pure values. Plain data serves as generators too (see `data.ts`), and combinators make
 * new ones of it. Times are in seconds here, as people write them; operations carry nanoseconds.
 */
export { any, shortestAny } from "./any.ts";
export { cache } from "./cache.ts";
export { concat } from "./concat.ts";
export { concurrencyLimit } from "./concurrency-limit.ts";
export { cycle } from "./cycle.ts";
export { cycleTimes } from "./cycle-times.ts";
export { ask, fillIn, isGenerator, pending, tell } from "./data.ts";
export { delay } from "./delay.ts";
export type { DraftOf } from "./draft-of.ts";
export { eachProcess, eachThread } from "./each-thread.ts";
export { flipFlop } from "./flip-flop.ts";
export { friendlyErrors } from "./friendly-errors.ts";
export { concurrentKeys, type Keyed, naturals, sequentialKeys } from "./keys.ts";
export { type Delivery, delivery, lazy } from "./lazy.ts";
export { limit, once } from "./limit.ts";
export { filter, fMap, map } from "./map.ts";
export { mix, type Weighted } from "./mix.ts";
export { clients, lane, nemesis, onThreads } from "./on-threads.ts";
export { ignoreUpdates, onUpdate, type UpdateHandler } from "./on-update.ts";
export { processLimit } from "./process-limit.ts";
export { repeat } from "./repeat.ts";
export { reserve } from "./reserve.ts";
export { type Due, schedule } from "./schedule.ts";
export { type Simulation, type SimulationOptions, simulate } from "./simulate.ts";
export {
  imperfect,
  info,
  perfect,
  quick,
  type SimulatedAnswer,
  type SimulatedClient,
  type SimulatedContext,
} from "./simulated-client.ts";
export { spaced } from "./spaced.ts";
export { log, sleep } from "./special-ops.ts";
export { stagger } from "./stagger.ts";
export { andThen, phases, synchronize } from "./synchronize.ts";
export { timeLimit } from "./time-limit.ts";
export { trace } from "./trace.ts";
export { untilOk } from "./until-ok.ts";
export { validate } from "./validate.ts";
export { type Window, windows } from "./windows.ts";
