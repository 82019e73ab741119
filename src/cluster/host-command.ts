import { spawn } from "node:child_process";
import { JepsenError } from "../errors.ts";

const HOST_TIMEOUT_MS = 20_000;
const STDERR_BYTES_KEPT = 8 << 10;

export interface HostCommandOptions {
  readonly stdin?: string;
  /** Milliseconds until the program is killed. Default 20 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program on this machine by its argument vector; resolves with its stdout. Rejects with JepsenError
 * "environment" when it cannot be run or ends with another code than 0, "timeout" or "aborted" when it was killed.
 */
export function hostCommand(
  argv: readonly [string, ...string[]],
  { stdin = "", timeoutMs = HOST_TIMEOUT_MS, signal }: HostCommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = argv;
    const path = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
    const child = spawn(program, rest, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      env: { ...process.env, PATH: path },
      ...(signal ? { signal } : {}),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr = (stderr + chunk).slice(-STDERR_BYTES_KEPT);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) {
        reject(new JepsenError("aborted", `"${argv.join(" ")}" was broken off.`, { command: argv }, signal.reason));
        return;
      }
      const sentence =
        error.code === "ENOENT"
          ? `This machine lacks the program "${program}": install it (in a clone on Debian, \`npm run setup\` does).`
          : `Cannot run ${program}: ${error.message}.`;
      reject(new JepsenError("environment", sentence, { command: argv }, error));
    });
    child.on("close", (code, killedBy) => {
      const data = { command: argv, exitCode: code, stderr };
      if (code === 0) resolve(stdout);
      else if (killedBy === "SIGKILL") {
        const sentence = `"${argv.join(" ")}" was killed: it may take ${timeoutMs / 1000} s.`;
        reject(new JepsenError("timeout", sentence, data));
      } else {
        const how = killedBy ?? `exit code ${code}`;
        reject(new JepsenError("environment", `"${argv.join(" ")}" failed (${how}): ${stderr.trim()}`, data));
      }
    });
    child.stdin.on("error", () => {}); // it ended before it read all: "close" tells how
    child.stdin.end(stdin);
  });
}
