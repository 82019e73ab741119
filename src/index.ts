/**
 * What a suite of one's own is made of: `import { … } from "jepsen-ts"`. Checkers, generators, faults and ready
 * workloads have entries of their own: `jepsen-ts/checker`, `/generator`, `/nemesis`, `/workloads`.
 */
export { z } from "zod";
export * from "./abilities.ts";
export { awaitTrue, type Daemon, daemonPid, signalDaemon, startDaemon, stopDaemon } from "./control/daemon.ts";
export { execOk, missingPrograms, requirePrograms, writeRemoteFile } from "./control/exec.ts";
export { onAllNodes, onNodes } from "./control/on-nodes.ts";
export { type ErrorCode, JepsenError, messageOf } from "./errors.ts";
export { concluded, judged, type Measured, skipped } from "./fault-completion.ts";
export { isClientOp, isNemesisProcess } from "./history/op.ts";
export { type Operation, operations, pairs } from "./history/pairs.ts";
export { casOk } from "./model/cas-register.ts";
export { randomStream } from "./random.ts";
export type * from "./test.ts";
