import { expect, test } from "vitest";
import { sleep } from "../../src/clock.ts";
import type { Completion, Invocation, Test } from "../../src/test.ts";
import { EtcdDb } from "../../workloads/etcd/db.ts";
import { registerClient } from "../../workloads/etcd/register-client.ts";
import { nodes } from "./cli.ts";

/** One etcd of one member, and what a test must know of it. */
async function oneMember() {
  const cluster = await nodes();
  const context = { nodes: ["n1"], cluster } as unknown as Test;
  const db = new EtcdDb({ snapshotCount: 100, unsafeNoFsync: false });
  await db.setup(context, "n1");
  const client = await registerClient({ timeoutMs: 1000, serializable: false }).open(context, "n1");
  const invoke = (f: string, value: unknown): Promise<Completion> => {
    const op: Invocation = { index: 0, time: 0, type: "invoke", process: 0, f, value, key: "k" };
    return client.invoke(context, op, AbortSignal.timeout(5000));
  };
  return { client, context, db, invoke };
}

test("outcomes against a real etcd: up, frozen, killed in mid-flight, down", async () => {
  const { client, context, db, invoke } = await oneMember();

  expect(await invoke("read", null)).toEqual({ type: "ok", value: null });
  expect(await invoke("write", 3)).toEqual({ type: "ok" });
  expect(await invoke("read", null)).toEqual({ type: "ok", value: 3 });
  expect(await invoke("cas", [3, 4])).toEqual({ type: "ok", value: [3, 4] });
  expect(await invoke("cas", [3, 1])).toEqual({ type: "ok", value: { cas: [3, 1], swapped: false } });

  await db.pause(context, "n1");
  expect(await invoke("write", 1)).toMatchObject({ type: "info", error: { code: "timeout" } });
  expect(await invoke("cas", [4, 2])).toMatchObject({ type: "info", error: { code: "timeout" } });
  expect(await invoke("read", null)).toMatchObject({ type: "fail", error: { code: "timeout" } });

  const flying = invoke("write", 2); // it is sent, and nobody answers any more
  await sleep(300);
  await db.kill(context, "n1");
  expect(await flying).toMatchObject({ type: "info" });

  expect(await invoke("write", 0)).toMatchObject({ type: "fail", error: { code: "connection-refused" } });
  expect(await invoke("read", null)).toMatchObject({ type: "fail", error: { code: "connection-refused" } });

  await db.start(context, "n1");
  let read = await invoke("read", null);
  for (let tries = 0; tries < 100 && read.type !== "ok"; tries++) {
    await sleep(100);
    read = await invoke("read", null);
  }
  expect(read.type).toBe("ok");
  expect([0, 1, 2, 4]).toContain(read.value);
  expect(read.value).not.toBe(0); // what was refused never happened
  await client.close();
  await db.teardown(context, "n1");
});
