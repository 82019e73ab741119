import { expect, test } from "vitest";
import { sleep } from "../../src/clock.ts";
import { nodes } from "./cli.ts";
import { onNode, runFaults, until } from "./faults-run.ts";

const WAL = "/var/lib/jepsen-ts/etcd/data/member/wal/0000000000000000-0000000000000000.wal";
const COPY = "/tmp/wal-before";

test("flipped bits are where a comparison with an earlier copy finds them, and on no other node", async () => {
  const cluster = await nodes();
  const damage = { file: WAL, start: 1000, end: 1200, probability: 0.01 };
  const running = runFaults(
    cluster,
    [
      { at: 3, family: "files", f: "flip-bits", value: { ...damage, nodes: ["n2", "n4"] } },
      { at: 4, family: "files", f: "flip-bits", value: { ...damage, nodes: ["n1"] } },
    ],
    6,
  );
  // by now the log is longer than the region that is damaged, which is written only once
  const beyond = `tail -c +1300 ${WAL} 2>/dev/null | head -c 4096 | tr -d '\\0' | head -c 1 | od -c`;
  for (const node of cluster.nodes) await until(async () => (await onNode(cluster, node, beyond)).includes("\n"));
  for (const node of cluster.nodes) await onNode(cluster, node, `head -c 1200 ${WAL} > ${COPY}`);
  // offset (from 1), old byte and new byte in octal, as cmp sees them
  const compare = `cmp -l ${COPY} ${WAL} 2>/dev/null || true`;
  await until(async () => (await onNode(cluster, "n4", compare)) !== "");
  await sleep(1500);
  const seen = Object.fromEntries(
    await Promise.all(cluster.nodes.map(async (node) => [node, await onNode(cluster, node, compare)] as const)),
  );
  const result = await running;
  expect(result).toMatchObject({ code: 0, valid: true });
  const [done, refused] = result.faults;
  expect(refused).toMatchObject({ type: "fail", error: { message: "n1: a minority of the nodes is damaged already" } });
  const details = done?.evidence?.details as Record<
    string,
    { changes: { offset: number; before: string; after: string }[] }
  >;
  for (const node of ["n2", "n4"]) {
    const found = (seen[node] ?? "").split("\n").map((line) => {
      const [at, before, after] = line.trim().split(/ +/);
      const hex = (octal = "") => Number.parseInt(octal, 8).toString(16).padStart(2, "0");
      return { offset: Number(at) - 1, before: hex(before), after: hex(after) };
    });
    const told = details[node]?.changes.map(({ offset, before, after }) => ({ offset, before, after }));
    expect(found).toEqual(told);
    expect(found.length).toBeGreaterThan(3);
  }
  for (const node of ["n1", "n3", "n5"]) expect(seen[node]).toBe("");
});

test("damage that somebody undoes at once is indeterminate", async () => {
  const cluster = await nodes();
  // a guardian puts the old bytes back whenever they change, which takes it a few milliseconds
  const guardian = `while [ ! -s ${WAL} ]; do sleep 0.1; done; sleep 2; head -c 1200 ${WAL} > ${COPY}
while [ -e ${WAL} ]; do cmp -s -n 1200 ${COPY} ${WAL} || dd if=${COPY} of=${WAL} conv=notrunc bs=1200 count=1 2>/dev/null; done`;
  const session = await cluster.session("n3");
  const running = runFaults(
    cluster,
    [
      {
        at: 4,
        family: "files",
        f: "flip-bits",
        value: { nodes: ["n3"], file: WAL, start: 1000, end: 1200, probability: 0.01 },
      },
    ],
    5,
  );
  const watching = await session.spawn(["sh", "-c", guardian]);
  const result = await running;
  await watching.close();
  expect(result).toMatchObject({ code: 2, valid: "unknown" });
  expect(result.fault("flip-bits")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("flip-bits").evidence?.summary).toContain("are not there when it is read again");
});
