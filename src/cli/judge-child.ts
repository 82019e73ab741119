import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TIME_MAX_MS } from "../clock.ts";
import { shellCommand } from "../control/argv.ts";
import { JepsenError, messageOf } from "../errors.ts";
import { readResults, shownPath } from "../store/store.ts";
import type { Result } from "../test.ts";
import { type JudgeLimits, type JudgeMessage, recordUnjudged } from "./judge.ts";

/** Reading the history is not checking, nor is drawing the page: each has this time of its own. */
const OVERHEAD_MS = 60_000;
/** How late the news of a check's end may be. */
const NEWS_MS = 500;
const OVERHEAD_MIB = 1024;
const MIB = 1 << 20;
const STDERR_BYTES_KEPT = 8 << 10;

/** The hidden command that the child runs. */
export const JUDGE_COMMAND = "judge-run";

/**
 * Judges a stored run in a child process, which is ended when checking takes its budget + 10 %: a checker that hangs, or
 * eats all memory, costs what it would have found ("unknown"), and nothing that was found before. Rejects with JepsenError
 * "corrupt" when a file of the run is damaged, "usage" when its suite is not there any more.
 */
export async function judgeInChild(directory: string, limits: JudgeLimits, signal?: AbortSignal): Promise<Result> {
  const bin = fileURLToPath(new URL("main.js", import.meta.url));
  const heapMib = Math.ceil(limits.memoryBytes / MIB) + OVERHEAD_MIB;
  const argv = [
    `--max-old-space-size=${heapMib}`,
    bin,
    JUDGE_COMMAND,
    directory,
    String(limits.timeMs),
    String(limits.memoryBytes),
  ];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-STDERR_BYTES_KEPT);
  });
  const found = new Map<string, Result>();
  let at = "reading" as "reading" | "checking" | "judged";
  let late = false;
  let damage: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const endAfter = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, ms);
  };
  endAfter(OVERHEAD_MS);
  child.on("message", (message: JudgeMessage) => {
    if (message.at === "part") {
      const { name, valid, summary } = message;
      found.set(name, { valid, summary });
      return;
    }
    if (message.at === "damaged") {
      damage = message.sentence;
      return;
    }
    at = message.at;
    endAfter(at === "checking" ? Math.min(limits.timeMs * 1.1 + NEWS_MS, TIME_MAX_MS) : OVERHEAD_MS);
  });
  const callOff = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", callOff, { once: true });
  if (signal?.aborted) callOff();
  const ended = await new Promise<{ code: number | null; error?: Error }>((resolve) => {
    child.once("error", (error) => resolve({ code: null, error }));
    child.once("close", (code) => resolve({ code }));
  });
  signal?.removeEventListener("abort", callOff);
  clearTimeout(timer);
  if (ended.code === 0 || at === "judged") {
    process.stderr.write(stderr); // what it had to say beside the verdict
    return (await readResults(directory)) as Result;
  }
  if (signal?.aborted) {
    const again = shellCommand(["jepsen-ts", "analyze", shownPath(directory)]);
    return recordUnjudged(directory, `Checking was called off: \`${again}\` does it.`, found);
  }
  if (late && at === "reading")
    return recordUnjudged(directory, `The history could not be read within ${OVERHEAD_MS / 1000} s.`);
  if (late) {
    const seconds = Math.round(limits.timeMs / 1000);
    const why = `Checking did not end within ${seconds} s and was broken off: try again with more --check-time.`;
    return recordUnjudged(directory, why, found);
  }
  if (damage !== undefined) throw new JepsenError("corrupt", damage);
  if (ended.code === 254) throw new JepsenError("usage", stderr.trim());
  const why = ended.error ? messageOf(ended.error) : lastWords(stderr) || `exit code ${ended.code}`;
  return recordUnjudged(directory, `The checking process failed: ${why}`, found);
}

/** The sentence in what a process said before it died: neither a stack nor the statistics of a heap that was full. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.find((line) => line.startsWith("FATAL ERROR")) ?? lines.find((line) => !line.startsWith("at ")) ?? "";
}
