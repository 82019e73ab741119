/**
 * A suite for a system of one's own, complete: a key-value server in a few lines of Python on every node, of which only
 * the first one's counts (the others forward to it), a client that speaks HTTP, and the ready register workload.
 *
 *   jepsen-ts run examples/http-register.ts --time-limit 10
 *   jepsen-ts run examples/http-register.ts --time-limit 10 --forgetful     (a planted bug: it loses every tenth write)
 *
 * Copy it anywhere: the imports below always mean the jepsen-ts that runs it.
 */
import {
  awaitTrue,
  type Client,
  type Completion,
  casOk,
  type Db,
  daemonPid,
  type Invocation,
  type LogFiles,
  type Processes,
  type Suite,
  startDaemon,
  stopDaemon,
  type Test,
  writeRemoteFile,
  z,
} from "jepsen-ts";
import { registerWorkload } from "jepsen-ts/workloads";

const PORT = 8642;
const DIRECTORY = "/var/lib/jepsen-ts/http-register";
const PID_FILE = `${DIRECTORY}/server.pid`;
const LOG_FILE = `${DIRECTORY}/server.log`;

/** POST {"key", "f", "value"} answers {"value"}; nodes other than the primary forward to it. */
const SERVER = `
import json, sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
primary, me, forgetful = sys.argv[1], sys.argv[2], sys.argv[3] == "true"
data, lock, writes = {}, threading.Lock(), 0
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def do_POST(self):
        global writes
        body = self.rfile.read(int(self.headers["content-length"]))
        if primary != me:
            with urllib.request.urlopen("http://%s:${PORT}/" % primary, body, timeout=2) as reply: answer = reply.read()
        else:
            request = json.loads(body)
            key, value = request["key"], request["value"]
            with lock:
                if request["f"] == "write":
                    writes += 1
                    if not (forgetful and writes % 10 == 0): data[key] = value
                    result = None
                elif request["f"] == "cas":
                    result = data.get(key) == value[0]
                    if result: data[key] = value[1]
                else: result = data.get(key)
            answer = json.dumps({"value": result}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
ThreadingHTTPServer(("", ${PORT}), Handler).serve_forever()
`;

/** Installs the server on a node, starts it, and takes it away again. */
function database(forgetful: boolean): Db & Processes & LogFiles {
  const isUp = (test: Test, node: string) =>
    fetch(`http://${test.cluster.address(node)}:${PORT}/`, {
      method: "POST",
      body: '{"key": "", "f": "read", "value": null}',
    }).then(
      () => true,
      () => false, // not yet
    );
  return {
    roles: ["server"],
    async setup(test, node) {
      const session = await test.cluster.session(node);
      await session.exec(["mkdir", "-p", DIRECTORY]);
      await writeRemoteFile(session, `${DIRECTORY}/server.py`, SERVER);
      const address = (name: string | undefined) => test.cluster.address(name ?? "");
      const argv = ["python3", `${DIRECTORY}/server.py`, address(test.nodes[0]), address(node), String(forgetful)];
      await startDaemon(session, { argv, pidFile: PID_FILE, logFile: LOG_FILE });
      await test.barrier("started", node);
      await awaitTrue(() => isUp(test, node), `The server on ${node} did not answer within 10 s.`, {
        timeoutMs: 10_000,
      });
    },
    async teardown(test, node) {
      const session = await test.cluster.session(node);
      await stopDaemon(session, PID_FILE);
      await session.exec(["rm", "-rf", DIRECTORY]);
    },
    async processes(test, node) {
      const pid = await daemonPid(await test.cluster.session(node), PID_FILE);
      return pid === undefined ? [] : [{ role: "server", pid }];
    },
    logFiles: async () => ({ [LOG_FILE]: "server.log" }),
  };
}

/** Talks to its own node. What it cannot know it leaves open: an error of a write is "info", of a read "fail". */
function client(url?: string): Client {
  return {
    open: async (test, node) => client(`http://${test.cluster.address(node)}:${PORT}/`),
    async invoke(_test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
      try {
        const body = JSON.stringify({ key: op.key, f: op.f, value: op.value });
        const reply = await fetch(url ?? "", {
          method: "POST",
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(3000)]),
        });
        const { value } = (await reply.json()) as { value: unknown };
        if (op.f === "read") return { type: "ok", value };
        if (op.f === "write") return { type: "ok" };
        const [from, to] = op.value as [number, number];
        return { type: "ok", value: casOk(from, to, value === true) };
      } catch (error) {
        return { type: op.f === "read" ? "fail" : "info", error: { code: "http", message: String(error) } };
      }
    },
    close: async () => {},
  };
}

const options = z.object({ forgetful: z.boolean().default(false).describe("lose every tenth write") });

export const suite: Suite = {
  name: "http-register",
  description: "a key-value server in a few lines of Python",
  options,
  workloads: {
    register: ({ nodes, concurrency }) =>
      registerWorkload({ client: client(), nodes: nodes.length, concurrency, opsPerKey: 200 }),
  },
  db: (context) => database(context.options.forgetful === true),
};
