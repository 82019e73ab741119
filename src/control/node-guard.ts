import { isJepsenError, JepsenError } from "../errors.ts";
import type { ExecOptions, Guard, Session } from "../test.ts";
import { ALIVE } from "./daemon.ts";
import { execOk } from "./exec.ts";

/** Where a run leaves its marks on a node. */
export const GUARD_DIRECTORY = "/run/jepsen-ts-node";

/** One script that hangs must not keep the others from being run. */
const UNDO_SECONDS_MAX = 15;
const HEAL_TIMEOUT_MS = 120_000;
const RENEW_TIMEOUT_MAX_MS = 30_000;

/** Who holds a node. */
export interface NodeHolder {
  readonly run: string;
  readonly control: string;
  /** Its guard still counts: the run is alive. */
  readonly alive: boolean;
  /** Faults that are registered on the node and not undone. */
  readonly faults: readonly string[];
  /** Irreversible things that were done to the node, oldest first, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * The guard is a small shell program on the node. It reads the node's own uptime (which no clock fault moves), and
 * when the control process has not renewed the lease for LEASE seconds it runs every registered undo script, says so in
 * `fired`, and ends. The scripts are plain argument-less shell files that a fault wrote before it took effect.
 */
const GUARD = `dir=$1 lease=$2
now() { read -r up _ < /proc/uptime; echo "\${up%%.*}"; }
stat=$(cat "/proc/$$/stat"); echo "$$ $(echo "\${stat##*) }" | cut -d " " -f 20)" > "$dir/guard.pid"
while [ -d "$dir" ]; do
  read -r renewed < "$dir/renewed" || renewed=0
  if [ $(( $(now) - renewed )) -gt "$lease" ]; then
    [ -e "$dir/undo" ] && for script in "$dir"/undo/*; do
      [ -e "$script" ] || continue
      if timeout -k 1 ${UNDO_SECONDS_MAX} sh "$script" >> "$dir/guard.log" 2>&1; then rm -f "$script"; echo "\${script##*/}" >> "$dir/fired"; fi
    done
    echo expired > "$dir/expired"; exit 0
  fi
  sleep 0.5
done`;

/** Until the guard has said who it is, the node would count as left behind. */
const AWAIT_GUARD =
  'n=0; until [ -s "$dir/guard.pid" ]; do n=$((n+1)); [ $n -gt 500 ] && { echo "its guard does not start" >&2; exit 1; }; sleep 0.01; done';

const TAKE = `dir=$1 run=$2 control=$3
if ! mkdir "$dir" 2>/dev/null; then exit 3; fi
mkdir "$dir/undo"; printf '%s\\n' "$run" > "$dir/run"; printf '%s\\n' "$control" > "$dir/control"
read -r up _ < /proc/uptime; echo "\${up%%.*}" > "$dir/renewed"
cat > "$dir/guard.sh"
setsid sh "$dir/guard.sh" "$dir" "$4" </dev/null >/dev/null 2>&1 &
${AWAIT_GUARD}`;

/** A renewal that comes after the lease ran out says so, and arms the guard again. */
const RENEW = `read -r up _ < /proc/uptime; echo "\${up%%.*}" > "$dir/renewed.new"; mv "$dir/renewed.new" "$dir/renewed"
[ -e "$dir/expired" ] || { echo held; exit 0; }
rm -f "$dir/guard.pid" "$dir/expired"; setsid sh "$dir/guard.sh" "$dir" "$3" </dev/null >/dev/null 2>&1 &
${AWAIT_GUARD}
echo expired`;

/** Before everything that a run does to its marks: they may be another run's by now. */
const LOST_CODE = 97;
const IF_OURS = `dir=$1
[ "$(cat "$dir/run" 2>/dev/null)" = "$2" ] || exit ${LOST_CODE}
`;

/** A guard whose lease ran out has ended, and its number, like that of one that was killed, may be another's by now. */
const GUARD_LIVES = `${ALIVE}guard_lives() { [ ! -e "$dir/expired" ] && alive "$dir/guard.pid"; }
`;

const LOOK = `${GUARD_LIVES}dir=$1
[ -d "$dir" ] || exit 0
echo "run $(cat "$dir/run")"; echo "control $(cat "$dir/control")"
guard_lives && echo alive
for script in "$dir"/undo/*; do [ -e "$script" ] && echo "fault \${script##*/}"; done
sed 's/^/note /' "$dir/notes" 2>/dev/null; exit 0`;

/** Who holds the node, if anybody does. */
export async function nodeHolder(session: Session): Promise<NodeHolder | undefined> {
  const out = await execOk(session, ["sh", "-c", LOOK, "sh", GUARD_DIRECTORY]);
  if (out === "") return undefined;
  const lines = out.split("\n");
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    run: after("run")[0] ?? "",
    control: after("control")[0] ?? "",
    alive: lines.includes("alive"),
    faults: after("fault"),
    notes: after("note"),
  };
}

/** Runs what is registered and takes every mark away. */
const HEAL = `${GUARD_LIVES}dir=$1
[ -d "$dir" ] || exit 0
guard_lives && kill "$pid" 2>/dev/null
failed=
for script in "$dir"/undo/*; do
  [ -e "$script" ] || continue
  if said=$(timeout -k 1 ${UNDO_SECONDS_MAX} sh "$script" 2>&1); then echo "undone \${script##*/}"; rm -f "$script"
  else echo "failed \${script##*/} exit code $? $(printf %s "$said" | tail -n 3 | tr '\\n' ' ')"; failed=1; fi
done
[ -n "$failed" ] || rm -rf "$dir"`;

/** Whether a node was found to belong to another run, or to nobody, by now. */
export function isLost(error: unknown): boolean {
  return isJepsenError(error, "environment") && error.data.lost === true;
}

/**
 * Runs what is registered on the node and takes every mark away: what `heal` does. Returns the faults that were undone.
 * When one cannot be, the others are all the same, and its script stays; rejects then, with its name and reason.
 */
export async function healNode(session: Session): Promise<readonly string[]> {
  const argv = ["sh", "-c", HEAL, "sh", GUARD_DIRECTORY];
  return undoneOf(session.node, await execOk(session, argv, { timeoutMs: HEAL_TIMEOUT_MS }));
}

/** What HEAL said. */
function undoneOf(node: string, out: string): readonly string[] {
  const lines = out.split("\n");
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const [undone, failed] = [after("undone"), after("failed")];
  if (failed.length === 0) return undone;
  const reasons = failed.map((each) => each.replace(/^(\S+) exit code (\d+)/, "$1 (its script ended with $2)"));
  const others = undone.length > 0 ? `, while undone were: ${undone.join(", ")}` : "";
  const sentence = `On ${node} could not be undone: ${reasons.join("; ")}${others}. Mend the cause there, then run \`jepsen-ts heal\` again.`;
  throw new JepsenError("environment", sentence, { node, undone });
}

/** This run's hold on one node: its lock, its lease, and the undo scripts that the lease runs. */
export class NodeGuard implements Guard {
  readonly #session: Session;
  readonly #run: string;
  readonly #leaseSeconds: number;
  readonly #registered = new Set<string>();
  #expiries = 0;

  private constructor(session: Session, run: string, leaseSeconds: number) {
    this.#session = session;
    this.#run = run;
    this.#leaseSeconds = leaseSeconds;
  }

  /** Takes the node for a run. Rejects with JepsenError "environment" when another run holds it or left something behind. */
  static async take(session: Session, run: string, control: string, leaseSeconds: number): Promise<NodeGuard> {
    const argv = ["sh", "-c", TAKE, "sh", GUARD_DIRECTORY, run, control, String(leaseSeconds)];
    const { code, stderr } = await session.exec(argv, { stdin: GUARD });
    if (code === 3) {
      const holder = await nodeHolder(session);
      const who = `run ${holder?.run} (control process ${holder?.control})`;
      const sentence = holder?.alive
        ? `Node ${session.node} is in use by ${who}: wait for it, or use other nodes.`
        : `Node ${session.node} has leftovers of ${who}: look at them with \`jepsen-ts doctor\`, remove them with \`jepsen-ts heal\`, or run with --heal-first.`;
      throw new JepsenError("environment", sentence, { node: session.node, holder });
    }
    if (code !== 0)
      throw new JepsenError("environment", `Cannot take node ${session.node}: ${stderr.trim()}`, {
        node: session.node,
      });
    return new NodeGuard(session, run, leaseSeconds);
  }

  /** The faults that are registered now: those that the node undoes if nobody else does. */
  get faults(): readonly string[] {
    return [...this.#registered].sort();
  }

  async renew(): Promise<number> {
    const timeoutMs = Math.min(RENEW_TIMEOUT_MAX_MS, this.#leaseSeconds * 1000);
    const said = await this.#ifOurs(RENEW, [String(this.#leaseSeconds)], { timeoutMs });
    if (said.trim() === "expired") this.#expiries++;
    return this.#expiries;
  }

  async register(fault: string, undoScript: string): Promise<void> {
    this.#registered.add(fault);
    await this.#ifOurs('f="$dir/undo/$3"; cat > "$f.new" && mv "$f.new" "$f"', [fault], { stdin: undoScript });
  }

  async unregister(fault: string): Promise<void> {
    await this.#ifOurs('rm -f "$dir/undo/$3"', [fault]);
    this.#registered.delete(fault);
  }

  async note(sentence: string): Promise<void> {
    await this.#ifOurs('cat >> "$dir/notes"', [], { stdin: `${sentence.replaceAll("\n", " ")}\n` });
  }

  /** Gives the node back. */
  async release(): Promise<void> {
    undoneOf(this.#session.node, await this.#ifOurs(HEAL, [], { timeoutMs: HEAL_TIMEOUT_MS }));
  }

  /** Runs a script on the node, whose `$dir` are this run's marks; rejects when they are not any more (`isLost`). */
  async #ifOurs(script: string, args: readonly string[], options?: ExecOptions): Promise<string> {
    const { node } = this.#session;
    const argv = ["sh", "-c", `${IF_OURS}${script}`, "sh", GUARD_DIRECTORY, this.#run, ...args];
    const { code, stdout, stderr } = await this.#session.exec(argv, options).catch((error: unknown) => {
      if (!isJepsenError(error, "timeout", "indeterminate")) throw error;
      const why = error.code === "timeout" ? "does not answer in time" : "was cut off before it answered";
      throw new JepsenError(error.code, `Node ${node} ${why}.`, { node }, error); // a whole script is no sentence
    });
    if (code === LOST_CODE) {
      const sentence = `Node ${node} no longer belongs to this run: it was healed or started anew meanwhile.`;
      throw new JepsenError("environment", sentence, { node, lost: true });
    }
    if (code !== 0)
      throw new JepsenError("remote", `The guard of ${node} failed: ${stderr.trim() || `exit code ${code}`}.`, {
        node,
      });
    return stdout;
  }
}
