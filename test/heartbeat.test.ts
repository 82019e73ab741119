import { expect, onTestFinished, test } from "vitest";
import { monotonicMs, sleep } from "../src/clock.ts";
import { Heartbeat } from "../src/heartbeat.ts";
import type { Client, Invocation, Test } from "../src/test.ts";

const GAP_MAX_MS = 300;
const op = {} as Invocation;
const context = {} as Test;

/** As if the process had been stopped meanwhile. */
function standStill(ms: number): void {
  const until = monotonicMs() + ms;
  while (monotonicMs() < until);
}

/** A client behind a heartbeat, and what was done in which order. */
function watched(onGap: () => Promise<void> = async () => {}) {
  const events: string[] = [];
  const heartbeat = new Heartbeat(GAP_MAX_MS, async () => {
    events.push("looks");
    await sleep(20);
    await onGap();
    events.push("looked");
  });
  const client: Client = {
    open: async () => client,
    invoke: async () => {
      events.push("operation");
      return { type: "ok" };
    },
    close: async () => {},
  };
  onTestFinished(() => heartbeat.stop());
  return { events, heartbeat, client: heartbeat.guarded(client) };
}

test("after a standstill no operation is sent before somebody has looked", async () => {
  const { events, heartbeat, client } = watched();
  heartbeat.start();
  await client.invoke(context, op, AbortSignal.timeout(1000));
  standStill(2 * GAP_MAX_MS);
  await Promise.all([1, 2].map(() => client.invoke(context, op, AbortSignal.timeout(1000))));
  expect(events).toEqual(["operation", "looks", "looked", "operation", "operation"]);
});

test("what is found out then ends the operations that waited", async () => {
  const { events, heartbeat, client } = watched(async () => {
    throw new Error("They are somebody else's.");
  });
  heartbeat.start();
  standStill(2 * GAP_MAX_MS);
  await expect(client.invoke(context, op, AbortSignal.timeout(1000))).rejects.toThrow("somebody else's");
  expect(events).toEqual(["looks"]);
});

test("a connected client is guarded as well, and nobody looks once it is stopped", async () => {
  const { events, heartbeat, client } = watched();
  heartbeat.start();
  const connected = await client.open(context, "n1");
  heartbeat.stop();
  standStill(2 * GAP_MAX_MS);
  await connected.invoke(context, op, AbortSignal.timeout(1000));
  expect(events).toEqual(["operation"]);
});
