/** Generators: what to do next, as pure values. */
export { cycle, limit, once, repeat, timeLimit } from "./bounds.ts";
export { any, mix } from "./choice.ts";
export { isGenerator, toGenerator } from "./data.ts";
export { concurrentKeys, naturals } from "./keys.ts";
export { clients, lane, nemesis, onThreads } from "./on-threads.ts";
export { spaced, stagger } from "./pacing.ts";
export type { ThreadChoice } from "./threads.ts";
