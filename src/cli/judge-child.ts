import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { JepsenError, messageOf } from "../errors.ts";
import { readResults } from "../store/store.ts";
import type { Result } from "../test.ts";
import { type JudgeLimits, recordUnjudged } from "./judge.ts";

/** Reading the history and drawing the page are not checking; they get this on top. */
const OVERHEAD_MS = 60_000;
const OVERHEAD_MIB = 1024;
const MIB = 1 << 20;
const STDERR_BYTES_KEPT = 8 << 10;

/** The hidden command that the child runs. */
export const JUDGE_COMMAND = "judge-run";

/**
 * Judges a stored run in a child process, which is ended at its budget + 10 %: a checker that hangs, or eats all
 * memory, costs the verdict ("unknown") and nothing else.
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
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "ignore", "pipe"],
    ...(signal ? { signal } : {}),
    killSignal: "SIGKILL",
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-STDERR_BYTES_KEPT);
  });
  const limitMs = limits.timeMs * 1.1 + OVERHEAD_MS;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, limitMs);
  const ended = await new Promise<{ code: number | null; error?: Error }>((resolve) => {
    child.once("error", (error) => resolve({ code: null, error }));
    child.once("close", (code) => resolve({ code }));
  });
  clearTimeout(timer);
  if (ended.code === 0) {
    process.stderr.write(stderr); // what it had to say beside the verdict
    return (await readResults(directory)) as Result;
  }
  if (late)
    return recordUnjudged(
      directory,
      `Checking did not end within ${Math.round(limits.timeMs / 1000)} s and was broken off: try again with more --check-time.`,
    );
  if (ended.code === 254) throw new JepsenError("usage", stderr.trim());
  const why = ended.error
    ? messageOf(ended.error)
    : stderr.trim().split("\n").slice(-3).join(" ") || `exit code ${ended.code}`;
  return recordUnjudged(directory, `The checking process failed: ${why}`);
}
