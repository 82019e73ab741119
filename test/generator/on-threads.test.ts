import { expect, test } from "vitest";
import {
  any,
  clients,
  lane,
  limit,
  nemesis,
  onThreads,
  repeat,
  simulate,
  synchronize,
} from "../../src/generator/index.ts";
import { invocations } from "./rows.ts";

const world = { concurrency: 3, lanes: ["kill", "partition"] };
const processesOf = (generator: Parameters<typeof simulate>[0]) =>
  [...new Set(invocations(generator, world).map(({ process }) => process))].sort();

test("onThreads lets only those threads work for it", () => {
  expect(processesOf(onThreads((thread) => thread === 0 || thread === 2, limit(40, repeat({ f: "a" }))))).toEqual([
    0, 2,
  ]);
});

test("clients are all client threads, nemesis all lanes, a lane itself", () => {
  expect(processesOf(clients(limit(60, repeat({ f: "a" }))))).toEqual([0, 1, 2]);
  expect(processesOf(nemesis(limit(60, repeat({ f: "a" }))))).toEqual(["nemesis:kill", "nemesis:partition"]);
  expect(processesOf(lane("kill", limit(20, repeat({ f: "a" }))))).toEqual(["nemesis:kill"]);
});

test("clients and nemesis take the generator of the others as a second one", () => {
  const work = limit(30, repeat({ f: "read" }));
  const faults = limit(5, repeat({ f: "kill" }));
  for (const both of [clients(work, faults), nemesis(faults, work)]) {
    const ops = invocations(both, world);
    expect(ops.filter(({ f }) => f === "read").every(({ process }) => typeof process === "number")).toBe(true);
    expect(ops.filter(({ f }) => f === "kill").every(({ process }) => typeof process === "string")).toBe(true);
    expect(ops).toHaveLength(35);
  }
});

test("lanes act at the same time: a slow fault does not hold up another family", () => {
  const slow = lane("partition", { f: "cut" });
  const fast = lane("kill", limit(3, repeat({ f: "kill" })));
  const client = (op: { readonly f: string }) => ({ type: "ok", latencyNs: op.f === "cut" ? 1_000 : 10 }) as const;
  const { history } = simulate(any(slow, fast), { ...world, client });
  expect(history.filter(({ f, type }) => f === "kill" && type === "ok").map(({ time }) => time)).toEqual([10, 20, 30]);
  expect(history.at(-1)).toMatchObject({ f: "cut", time: 1_000 });
});

test("it sees the events of its own threads only", () => {
  const heard: unknown[] = [];
  const listen = {
    next: () => ({ op: "pending" as const, next: listen }),
    update: (_test: unknown, _context: unknown, event: { readonly process: unknown }) => {
      heard.push(event.process);
      return listen;
    },
  };
  const generator = any(lane("kill", listen), clients(limit(4, repeat({ f: "a" }))), lane("kill", { f: "kill" }));
  expect(() => simulate(generator, world)).toThrow(/makes no progress/);
  expect(new Set(heard)).toEqual(new Set(["nemesis:kill"]));
});

test("where no thread fits it is pending for ever, and the simulation says so", () => {
  expect(() => simulate(lane("clock", { f: "bump" }), world)).toThrow(/makes no progress/);
});

test("nested restrictions are both kept", () => {
  const inner = onThreads((thread) => thread !== 0, synchronize(limit(30, repeat({ f: "a" }))));
  expect(processesOf(clients(inner))).toEqual([1, 2]);
});
