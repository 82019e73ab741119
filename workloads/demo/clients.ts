import { casOk } from "../../src/model/cas-register.ts";
import type { Client, Completion, Invocation } from "../../src/test.ts";
import type { Answer, Data, ReplicatedStore } from "./replicated-store.ts";
import { storeOf } from "./store-of.ts";

type Invoke = (store: ReplicatedStore, node: string, op: Invocation, signal: AbortSignal) => Promise<Completion>;

/** A client that is no connection: it may go on after an unknown outcome. */
function client(invoke: Invoke): Client {
  return {
    open: async (test, node) => {
      const store = storeOf(test);
      const opened: Client = {
        open: async () => opened,
        invoke: (_test, op, signal) => invoke(store, node, op, signal),
        close: async () => {},
        reusable: true,
      };
      return opened;
    },
    invoke: async () => {
      throw new Error("This client is not connected.");
    },
    close: async () => {},
  };
}

/** A read of which nothing is known has certainly changed nothing. */
function ofRead(answer: Answer<unknown>): Completion {
  return answer.type === "info" ? { ...answer, type: "fail" } : answer;
}

/** What changed the data keeps the invocation's value. */
function ofChange(answer: Answer<unknown>): Completion {
  return answer.type === "ok" ? { type: "ok" } : answer;
}

function unknown(op: Invocation): Error {
  return new Error(`The demonstration store does not know the operation "${op.f}".`);
}

/** read, write and cas on one number for each key. */
export const registerClient: Client = client(async (store, node, op, signal) => {
  const key = `register/${op.key}`;
  switch (op.f) {
    case "read":
      return ofRead(await store.read(node, (data) => data.get(key) ?? null, signal));
    case "write":
      return ofChange(await store.execute(node, (data) => data.set(key, op.value as number), signal));
    case "cas": {
      const [from, to] = op.value as readonly [number, number];
      const swap = (data: Data) => {
        const holds = data.get(key) === from;
        if (holds) data.set(key, to);
        return holds;
      };
      const answer = await store.execute(node, swap, signal);
      return answer.type === "ok" ? { type: "ok", value: casOk(from, to, answer.value) } : answer;
    }
    default:
      throw unknown(op);
  }
});

/** add of one element, read of all of them. */
export const setClient: Client = client(async (store, node, op, signal) => {
  switch (op.f) {
    case "add":
      return ofChange(await store.execute(node, (data) => data.set(String(op.value), op.value as number), signal));
    case "read":
      return ofRead(await store.read(node, (data) => [...data.values()], signal));
    default:
      throw unknown(op);
  }
});

/** A transfer between accounts. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** transfer between accounts that begin with the same balance, read of all balances. */
export function bankClient(accounts: readonly string[], balance: number): Client {
  const balanceOf = (data: Data, account: string) => data.get(account) ?? balance;
  return client(async (store, node, op, signal) => {
    switch (op.f) {
      case "transfer": {
        const { from, to, amount } = op.value as Transfer;
        const debit = (data: Data) => {
          if (balanceOf(data, from) < amount) return `${from} has less than ${amount}`;
          data.set(from, balanceOf(data, from) - amount);
          return undefined;
        };
        const credit = (data: Data) => {
          data.set(to, balanceOf(data, to) + amount);
        };
        return ofChange(await store.transact(node, debit, credit, signal));
      }
      case "read": {
        const balances = (data: Data) =>
          Object.fromEntries(accounts.map((account) => [account, balanceOf(data, account)]));
        return ofRead(await store.read(node, balances, signal));
      }
      default:
        throw unknown(op);
    }
  });
}
