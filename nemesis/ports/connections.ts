import { connect } from "node:net";
import { z } from "zod";
import { execOk } from "../../src/control/exec.ts";
import type { Test } from "../../src/test.ts";
import { onEachNode } from "../reasons.ts";

/** open[from][to][port]: whether the other end answered an attempt to connect, be it with a refusal. */
export type Connections = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, boolean>>>>>>;

/** An attempt that has no answer by then has none: a dropped packet is sent again after a second. */
const ATTEMPT_MS = 800;

const PROGRAM = `
import errno, json, select, socket, sys, time
ask = json.load(sys.stdin)
waiting, answer = {}, []
for n, (address, port) in enumerate(ask):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    s.setblocking(False)
    code = s.connect_ex((address, port))
    answer.append(code in (0, errno.ECONNREFUSED))
    if code == errno.EINPROGRESS:
        waiting[s] = n
end = time.monotonic() + ${ATTEMPT_MS / 1000}
while waiting and time.monotonic() < end:
    for s in select.select([], list(waiting), [], max(0, end - time.monotonic()))[1]:
        answer[waiting.pop(s)] = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED)
print(json.dumps(answer))
`;

const answerSchema = z.array(z.boolean());

/** The control process among the nodes' names: clients live there. */
export const CONTROL = "the control process";

/**
 * Tries to connect from every node to these ports of every other, and from the control process to those for clients;
 * without the nodes that could not be asked, for each of which there is a sentence.
 */
export async function tryConnections(
  test: Test,
  ports: readonly number[],
  clientPorts: readonly number[],
): Promise<{ readonly connections: Connections; readonly failures: readonly string[] }> {
  const { found: rows, failures } = await onEachNode(test.nodes, async (from) => {
    const others = test.nodes.filter((node) => node !== from);
    const asked = others.flatMap((to) => ports.map((port) => [test.cluster.address(to), port] as const));
    const session = await test.cluster.session(from);
    const said = await execOk(session, ["python3", "-c", PROGRAM], { stdin: JSON.stringify(asked) });
    const answers = answerSchema.parse(JSON.parse(said));
    const row = others.map((to, i) => {
      const own = ports.map((port, j) => [String(port), answers[i * ports.length + j] ?? false] as const);
      return [to, Object.fromEntries(own)] as const;
    });
    return Object.fromEntries(row);
  });
  const own = await Promise.all(
    [...rows.keys()].map(async (to) => {
      const tries = clientPorts.map(
        async (port) => [String(port), await answers(test.cluster.address(to), port)] as const,
      );
      return [to, Object.fromEntries(await Promise.all(tries))] as const;
    }),
  );
  const asked = [...rows].map(([from, row]) => {
    return [from, Object.fromEntries(Object.entries(row).filter(([to]) => rows.has(to)))] as const;
  });
  return { connections: { ...Object.fromEntries(asked), [CONTROL]: Object.fromEntries(own) }, failures };
}

/** Whether an attempt to connect is answered, be it with a refusal. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT_MS });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
  });
}

/** Which ports of which nodes are cut. */
export type PortCut = Readonly<Record<string, readonly number[]>>;

/**
 * What is not as it should be, in words. Where nothing answers at all, another fault may have cut the nodes apart and
 * nothing can be said, unless this one is alone; at least one attempt on each cut port must say something.
 */
export function portDoubts(connections: Connections, cut: PortCut, isAlone: boolean): readonly string[] {
  const doubts: string[] = [];
  const seen = new Set<string>();
  for (const [from, row] of Object.entries(connections)) {
    for (const [to, answers] of Object.entries(row)) {
      const isSilent = Object.values(answers).every((answered) => !answered);
      const mayAnswer = Object.keys(answers).some((port) => !isCutFor(cut, from, to, Number(port)));
      if (isSilent && mayAnswer && !isAlone) continue;
      for (const [port, answered] of Object.entries(answers)) {
        const isCut = isCutFor(cut, from, to, Number(port));
        if (isCut) seen.add(to);
        if (isCut && answered) doubts.push(`${from} still reaches port ${port} of ${to}.`);
        if (!isCut && !answered) doubts.push(`${from} does not reach port ${port} of ${to}.`);
      }
    }
  }
  const unseen = Object.keys(cut).filter((node) => !seen.has(node));
  return unseen.length > 0 ? [...doubts, `Nobody could try the ports of ${unseen.join(", ")}.`] : doubts;
}

/** The table drops both what comes to the ports and what comes back from them. */
function isCutFor(cut: PortCut, from: string, to: string, port: number): boolean {
  return (cut[to]?.includes(port) ?? false) || (cut[from]?.includes(port) ?? false);
}
