import { casOk } from "../../src/model/cas-register.ts";
import type { Client, Completion, Invocation, Test } from "../../src/test.ts";
import { base64, EtcdConnection, fromBase64, type Outcome } from "./connection.ts";
import { CLIENT_PORT } from "./db.ts";
import { failed } from "./errors.ts";

export interface RegisterClientOptions {
  /** Bound of one request. */
  readonly timeoutMs: number;
  /** Reads may be answered by a member's own, possibly stale, state. */
  readonly serializable: boolean;
}

/** read / write / cas on one etcd key for each of the workload's keys, against the client's own node. */
export function registerClient(options: RegisterClientOptions): Client {
  return {
    open: async (test: Test, node: string) =>
      connected(new EtcdConnection(test.cluster.address(node), CLIENT_PORT, options.timeoutMs), options),
    invoke: async () => {
      throw new Error("This client is not connected.");
    },
    close: async () => {},
  };
}

function connected(connection: EtcdConnection, options: RegisterClientOptions): Client {
  const client: Client = {
    open: async () => client,
    invoke: (_test, op, signal) => invoke(connection, options, op, signal),
    close: () => connection.close(),
  };
  return client;
}

async function invoke(
  connection: EtcdConnection,
  options: RegisterClientOptions,
  op: Invocation,
  signal: AbortSignal,
): Promise<Completion> {
  const key = base64(`register/${op.key}`);
  switch (op.f) {
    case "read": {
      const outcome = await connection.request("/v3/kv/range", { key, serializable: options.serializable }, signal);
      return complete(outcome, true, (body) => ({ type: "ok", value: firstValue(body) }));
    }
    case "write": {
      const outcome = await connection.request("/v3/kv/put", { key, value: base64(op.value as number) }, signal);
      return complete(outcome, false, () => ({ type: "ok" }));
    }
    case "cas": {
      const [from, to] = op.value as readonly [number, number];
      const compare = [{ key, target: "VALUE", result: "EQUAL", value: base64(from) }];
      const success = [{ requestPut: { key, value: base64(to) } }];
      const outcome = await connection.request("/v3/kv/txn", { compare, success }, signal);
      return complete(outcome, false, (body) => ({
        type: "ok",
        value: casOk(from, to, (body as { succeeded?: boolean }).succeeded === true),
      }));
    }
    default:
      throw new Error(`The etcd register client does not know the operation "${op.f}".`);
  }
}

function complete(outcome: Outcome, isRead: boolean, ok: (body: unknown) => Completion): Completion {
  return "error" in outcome ? failed(outcome.error, isRead) : ok(outcome.body);
}

function firstValue(body: unknown): number | null {
  const found = (body as { kvs?: readonly { value?: string }[] }).kvs?.[0];
  return found === undefined ? null : Number(fromBase64(found.value ?? ""));
}
