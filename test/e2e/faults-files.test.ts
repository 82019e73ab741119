import { expect, test } from "vitest";
import { expectVerdict, nodes } from "./cli.ts";
import { onNode, runFaults } from "./faults-run.ts";

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
  const beyond = `tail -c +1300 ${WAL} 2>/dev/null | head -c 4096 | tr -d '\\0' | head -c 1 | wc -c`;
  const keep = `until [ "$(${beyond})" = 1 ]; do sleep 0.05; done; head -c 1200 ${WAL} > ${COPY}`;
  await Promise.all(cluster.nodes.map((node) => onNode(cluster, node, keep)));
  // offset (from 1), old byte and new byte in octal, as cmp sees them
  const compare = `cmp -l ${COPY} ${WAL} 2>/dev/null || true`;
  await running.done("flip-bits", 2);
  const seen = Object.fromEntries(
    await Promise.all(cluster.nodes.map(async (node) => [node, await onNode(cluster, node, compare)] as const)),
  );
  const result = await running;
  expectVerdict(result, true);
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
  // a guardian puts the old bytes back whenever they change, much sooner than a program is started that reads them again
  const guardian = `import os, time
while not (os.path.exists("${WAL}") and open("${WAL}", "rb").read()[1300:5400].strip(b"\\0")): time.sleep(0.05)
wal = os.open("${WAL}", os.O_RDWR)
copy = os.pread(wal, 1200, 0)
while os.path.exists("${WAL}"):
    if os.pread(wal, 1200, 0) != copy: os.pwrite(wal, copy, 0)
    time.sleep(0.0005)`;
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
  const watching = await session.spawn(["python3", "-c", guardian]);
  const result = await running;
  await watching.close();
  expectVerdict(result, "unknown");
  expect(result.fault("flip-bits")).toMatchObject({ type: "info", evidence: { proven: false } });
  expect(result.fault("flip-bits").evidence?.summary).toContain("are not there when it is read again");
});
