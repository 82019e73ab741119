/** Runs of etcd under faults at fixed times, on nodes that the test itself looks into meanwhile. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaultSchedule } from "../../nemesis/schedule.ts";
import { sleep } from "../../src/clock.ts";
import type { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { execOk } from "../../src/control/exec.ts";
import { loadHistory } from "../../src/history/json-lines.ts";
import type { Op } from "../../src/history/op.ts";
import { folder, type RunJson, run } from "./cli.ts";

export interface FaultRun extends RunJson {
  readonly code: number | null;
  /** Completions of fault operations, in their order. */
  readonly faults: readonly Op[];
  /** The completion of one; the first of this name. */
  fault(f: string): Op;
}

/** A run that goes on. */
export interface RunningFaults extends Promise<FaultRun> {
  /** As `faultDone`, of this run. */
  done(f: string, count?: number): Promise<Op>;
}

/** Runs the schedule against the cluster; a light load, so that what is measured is the fault. */
export function runFaults(
  cluster: LocalCluster,
  schedule: FaultSchedule,
  seconds: number,
  more: readonly string[] = [],
): RunningFaults {
  const store = folder();
  const running = store.then((path) => runFaultsIn(path, cluster, schedule, seconds, more));
  return Object.assign(running, { done: async (f: string, count?: number) => faultDone(await store, f, count) });
}

async function runFaultsIn(
  store: string,
  cluster: LocalCluster,
  schedule: FaultSchedule,
  seconds: number,
  more: readonly string[],
): Promise<FaultRun> {
  const path = join(store, "schedule.json");
  await writeFile(path, JSON.stringify(schedule));
  const families = [...new Set(schedule.map(({ family }) => family))].join(",");
  const faults = ["--nemesis", families, "--nemesis-schedule", path];
  const pace = ["--time-limit", String(seconds), "--settle", "1", "--rate", "100"];
  const result = await run(["etcd", ...faults, "--cluster", cluster.id, ...pace, "--store", store, ...more]);
  const completions = await faultsOf(join(result.directory, "history.jsonl"));
  return {
    ...result,
    faults: completions,
    fault: (f) => {
      const found = completions.find((op) => op.f === f);
      if (!found) throw new Error(`${f} is not in the history: ${completions.map((op) => op.f).join(", ")}`);
      return found;
    },
  };
}

/** Completions of fault operations in a history. */
async function faultsOf(path: string): Promise<readonly Op[]> {
  const { history } = await loadHistory(path);
  return history.filter((op) => typeof op.process === "string" && op.type !== "invoke");
}

/**
 * Waits until the newest run in a store has recorded the end of a fault operation, for the `count`th time: until then
 * the harness still measures whether the fault took hold, and who meddles with it meanwhile changes what is measured.
 */
export async function faultDone(store: string, f: string, count = 1): Promise<Op> {
  const path = join(store, "latest", "history.jsonl");
  let found: Op | undefined;
  await until(async () => {
    found = existsSync(path) ? (await faultsOf(path)).filter((op) => op.f === f)[count - 1] : undefined;
    return found !== undefined;
  }, 60_000);
  return found as Op;
}

/** A shell command on a node, over a session of the test's own; its stdout. */
export async function onNode(cluster: LocalCluster, node: string, script: string): Promise<string> {
  return execOk(await cluster.session(node), ["sh", "-c", script]);
}

/** Waits until a look at the nodes gives true. */
export async function until(look: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (let waited = 0; waited < timeoutMs; waited += 50) {
    if (await look()) return;
    await sleep(50);
  }
  throw new Error(`It did not come true within ${timeoutMs} ms.`);
}

/**
 * Hears numbered datagrams on a node, by a program of the test's own, as soon as it resolves. `heard` ends it: the
 * numbers that have come, each once, in order. Counted and not timed, so that it does not matter how busy the machine is.
 */
export async function hear(cluster: LocalCluster, node: string, port: number) {
  const program = `import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind(("", ${port})); heard = set(); print("here", flush=True)
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s in ready: heard.add(int(s.recv(64)))
    elif sys.stdin in ready: break
print(*sorted(heard))`;
  const hearing = await (await cluster.session(node)).spawn(["python3", "-c", program]);
  const lines = hearing.lines[Symbol.asyncIterator]();
  await lines.next();
  return {
    async heard(): Promise<readonly number[]> {
      await hearing.write("that was all");
      const { value } = await lines.next();
      await hearing.close();
      return String(value).split(" ").filter(Boolean).map(Number);
    },
  };
}

/** Whether a connection comes about, by a program of the test's own. */
export async function connects(cluster: LocalCluster, from: string, to: string, port: number): Promise<boolean> {
  const program = `import socket
try: socket.create_connection(("${cluster.address(to)}", ${port}), 1); print("yes")
except OSError: print("no")`;
  return (await onNode(cluster, from, `python3 -c '${program}'`)) === "yes";
}

/** The etcd server on a node, as this node's /proc shows it, and not an `etcd --version`; undefined when there is none. */
export async function etcdOn(cluster: LocalCluster, node: string) {
  const script =
    'for stat in /proc/[0-9]*/stat; do read -r pid name state rest < "$stat" && [ "$name" = "(etcd)" ] && grep -q -- --data-dir "/proc/$pid/cmdline" && echo "$pid $state"; done 2>/dev/null; true';
  const [pid, state] = (await onNode(cluster, node, script)).split(" ");
  return pid ? { pid: Number(pid), state: state ?? "" } : undefined;
}
