import { monotonicMs, sleep } from "../clock.ts";
import { JepsenError } from "../errors.ts";
import type { Session } from "../test.ts";
import { execOk } from "./exec.ts";
import { STAND_STILL } from "./stand-still.ts";

/** A program that the harness starts on a node and finds again by its pidfile. */
export interface Daemon {
  readonly argv: readonly string[];
  readonly pidFile: string;
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

export type Signal = "TERM" | "KILL" | "STOP" | "CONT" | "HUP";

/**
 * Shell function `alive PIDFILE`: whether its process lives; sets `pid`. The file holds "pid starttime": a pid alone may
 * belong to somebody else by now. Field 22 of /proc/PID/stat is the start time; the command name before it may hold
 * spaces, so it is cut off up to the last parenthesis.
 *
 * Signals are sent as `kill -s NAME -- -GROUP`: dash refuses `kill -NAME -- -GROUP`.
 */
export const ALIVE = `alive() { [ -r "$1" ] || return 1; read -r pid start < "$1" || return 1; stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1; rest=\${stat##*) }; set -- $rest; [ "$1" != Z ] && [ "$1" != X ] && [ "\${20}" = "$start" ]; }
`;

const START = `${ALIVE}
pidfile=$1 log=$2 dir=$3 program=$4; shift 4
if alive "$pidfile"; then echo running; exit 0; fi
command -v "$program" >/dev/null 2>&1 || { echo "there is no program $program" >&2; exit 127; }
mkdir -p "$(dirname "$pidfile")" "$(dirname "$log")" && cd "$dir" || exit 1
setsid sh -c 'f=$1; shift; stat=$(cat "/proc/$$/stat"); rest=\${stat##*) }
echo "$$ $(echo "$rest" | cut -d " " -f 20)" > "$f.new" && mv "$f.new" "$f" && exec "$@"' sh "$pidfile" "$@" </dev/null >>"$log" 2>&1 &
n=0; while [ $n -lt 100 ]; do alive "$pidfile" && { echo started; exit 0; }; n=$((n+1)); sleep 0.02; done
echo "it ended at once; its log ends with:" >&2; tail -n 5 "$log" >&2; exit 1`;

/** Starts it detached, appending stdout and stderr to the log. "running" when it already was. Rejects with JepsenError "remote" when it does not start. */
export async function startDaemon(session: Session, daemon: Daemon): Promise<"started" | "running"> {
  const assignments = Object.entries(daemon.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const argv = assignments.length > 0 ? ["env", ...assignments, ...daemon.argv] : daemon.argv;
  const program = daemon.argv[0] ?? "";
  const fixed = ["sh", "-c", START, "sh", daemon.pidFile, daemon.logFile, daemon.directory ?? "/", program];
  return (await execOk(session, [...fixed, ...argv])) === "running" ? "running" : "started";
}

/** Its pid, or undefined when it does not run. A paused process runs. */
export async function daemonPid(session: Session, pidFile: string): Promise<number | undefined> {
  const said = await execOk(session, ["sh", "-c", `${ALIVE}if alive "$1"; then echo "$pid"; fi`, "sh", pidFile]);
  return said === "" ? undefined : Number.parseInt(said, 10);
}

/**
 * Sends a signal to it, or to its whole process group; false when it does not run. After SIGSTOP it waits until every
 * thread of it stands still; rejects with JepsenError "remote" when one goes on for 5 s.
 */
export async function signalDaemon(session: Session, pidFile: string, signal: Signal): Promise<boolean> {
  const script = `${ALIVE}${STAND_STILL}
alive "$1" || exit 0
kill -s "$2" -- "-$pid" 2>/dev/null || kill -s "$2" "$pid" || exit 1
[ "$2" != STOP ] || stand_still "$pid" || exit 1
echo sent`;
  return (await execOk(session, ["sh", "-c", script, "sh", pidFile, signal])) === "sent";
}

/** Ends it: SIGTERM, and SIGKILL after `graceMs`; SIGKILL at once for 0. Resolves when it is gone; rejects with "timeout" if even that does not end it. */
export async function stopDaemon(session: Session, pidFile: string, graceMs = 0): Promise<void> {
  const script = `${ALIVE}
f=$1 grace=$2
end() { kill -s "$1" -- "-$pid" 2>/dev/null || kill -s "$1" "$pid" 2>/dev/null; kill -s CONT -- "-$pid" 2>/dev/null; }
if alive "$f" && [ "$grace" -gt 0 ]; then end TERM; n=0; while alive "$f" && [ $n -lt "$grace" ]; do sleep 0.05; n=$((n+1)); done; fi
if alive "$f"; then end KILL; n=0; while alive "$f"; do n=$((n+1)); [ $n -gt 200 ] && exit 1; sleep 0.05; done; fi
rm -f "$f"`;
  const { code } = await session.exec(["sh", "-c", script, "sh", pidFile, String(Math.ceil(graceMs / 50))], {
    timeoutMs: graceMs + 20_000,
  });
  if (code !== 0) {
    throw new JepsenError(
      "timeout",
      `The process of ${pidFile} on ${session.node} did not end within 10 s of SIGKILL.`,
      { node: session.node },
    );
  }
}

/** Waits until a probe succeeds (it answers true); rejects with JepsenError "timeout" and this sentence after `timeoutMs`. */
export async function awaitTrue(
  probe: () => Promise<boolean>,
  sentence: string,
  options: { readonly timeoutMs: number; readonly pauseMs?: number; readonly signal?: AbortSignal },
): Promise<void> {
  const deadline = monotonicMs() + options.timeoutMs;
  while (!(await probe())) {
    if (monotonicMs() >= deadline) throw new JepsenError("timeout", sentence, { timeoutMs: options.timeoutMs });
    await sleep(options.pauseMs ?? 50, options.signal);
  }
}
