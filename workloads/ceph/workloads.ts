import { independent } from "../../src/checker/independent.ts";
import { setFullChecker } from "../../src/checker/set-full.ts";
import { casOk } from "../../src/model/cas-register.ts";
import type { Client, Completion, Invocation, Workload } from "../../src/test.ts";
import { appendOnlyChecker } from "../fs/append-only.ts";
import { decodeCopies, decodeRecords, encodeRecord } from "../fs/records.ts";
import { rotatingKeys } from "../fs/rotating-keys.ts";
import { addsAndListings } from "../fs/set.ts";
import { groupSize, registerWorkload } from "../register.ts";
import { failed } from "./errors.ts";
import { noteObject } from "./objects-in-use.ts";
import { POOL } from "./paths.ts";
import { type RadosOutcome, RadosSession } from "./rados-session.ts";

/** What a RADOS workload is made of. */
export interface RadosWorkloadOptions {
  readonly nodes: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Operations on one object before the next one is taken. */
  readonly opsPerKey: number;
}

interface Work {
  /** The object that an operation is about. */
  object(op: Invocation): string;
  invoke(rados: RadosSession, object: string, op: Invocation, signal: AbortSignal): Promise<Completion>;
}

/** A client that works on objects through an agent of its own on its node. */
function radosClient(work: Work, timeoutMs: number): Client {
  const notConnected = async (): Promise<never> => {
    throw new Error("This client is not connected.");
  };
  return {
    open: async (test, node) => {
      const rados = new RadosSession(await test.cluster.session(node), POOL, timeoutMs);
      return {
        reusable: true, // an agent that was lost is replaced
        open: notConnected,
        invoke: (testNow, op, signal) => {
          const object = work.object(op);
          noteObject(testNow, object);
          return work.invoke(rados, object, op, signal);
        },
        close: () => rados.close(),
      };
    },
    invoke: notConnected,
    close: async () => {},
  };
}

function complete(outcome: RadosOutcome, isRead: boolean, ok: (value: unknown) => Completion): Completion {
  return "error" in outcome ? failed(outcome.error, isRead) : ok(outcome.value);
}

function unknownOperation(op: Invocation): never {
  throw new Error(`This workload has no operation "${op.f}".`);
}

const register: Work = {
  object: (op) => `register/${op.key}`,
  async invoke(rados, object, op, signal) {
    switch (op.f) {
      case "read":
        return complete(await rados.call(["read", object], signal), true, (text) => ({
          type: "ok",
          value: text === null ? null : decodeCopies(text as string, 1),
        }));
      case "write": {
        const call = ["write", object, encodeRecord(op.value as number)] as const;
        return complete(await rados.call(call, signal), false, () => ({ type: "ok" }));
      }
      case "cas": {
        const [from, to] = op.value as readonly [number, number];
        const call = ["compareAndWrite", object, encodeRecord(from), encodeRecord(to)] as const;
        return complete(await rados.call(call, signal), false, (swapped) => ({
          type: "ok",
          value: casOk(from, to, swapped === true),
        }));
      }
      default:
        return unknownOperation(op);
    }
  },
};

const append: Work = {
  object: (op) => `append/${op.key}`,
  async invoke(rados, object, op, signal) {
    switch (op.f) {
      case "append": {
        const call = ["append", object, encodeRecord(op.value as number)] as const;
        return complete(await rados.call(call, signal), false, () => ({ type: "ok" }));
      }
      case "read":
        return complete(await rados.call(["read", object], signal), true, (text) => ({
          type: "ok",
          value: text === null ? null : decodeRecords(text as string),
        }));
      default:
        return unknownOperation(op);
    }
  },
};

const set: Work = {
  object: () => "set",
  async invoke(rados, object, op, signal) {
    switch (op.f) {
      case "add": {
        const call = ["omapSet", object, String(op.value), "x"] as const;
        return complete(await rados.call(call, signal), false, () => ({ type: "ok" }));
      }
      case "read":
        return complete(await rados.call(["omapKeys", object], signal), true, (keys) => ({
          type: "ok",
          value: (keys as string[]).map(Number),
        }));
      default:
        return unknownOperation(op);
    }
  },
};

/** Objects of one record each: read, write, and compare-and-write as one atomic operation. Linearizable. */
export function radosRegister(options: RadosWorkloadOptions): Workload {
  const { nodes, concurrency, opsPerKey, timeoutMs } = options;
  const threadsPerKey = groupSize(concurrency, nodes);
  return registerWorkload({ client: radosClient(register, timeoutMs), nodes, concurrency, opsPerKey, threadsPerKey });
}

/** Records appended to objects: none lost, torn or twice, and all readers agree on the order. Linearizable. */
export function radosAppend(options: RadosWorkloadOptions): Workload {
  return {
    client: radosClient(append, options.timeoutMs),
    ...rotatingKeys({ ...options, change: "append", changesPerRead: 2 }),
    checker: independent(appendOnlyChecker("linearizable")),
  };
}

/** Keys inserted into the omap of one object, and listings of it. Linearizable. */
export function radosSet(options: RadosWorkloadOptions): Workload {
  return {
    client: radosClient(set, options.timeoutMs),
    ...addsAndListings(options.concurrency),
    checker: setFullChecker({ linearizable: true }),
  };
}
