import { spawn } from "node:child_process";
import { JepsenError } from "../../errors.ts";

const HOST_TIMEOUT_MS = 20_000;

/** Runs a program on this machine by its argument vector; resolves with its stdout, rejects with JepsenError "environment". */
export function hostCommand(argv: readonly [string, ...string[]], stdin = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = argv;
    const path = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
    const child = spawn(program, rest, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: HOST_TIMEOUT_MS,
      env: { ...process.env, PATH: path },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      const sentence =
        error.code === "ENOENT"
          ? `This machine lacks the program "${program}": run \`npm run setup\`.`
          : `Cannot run ${program}: ${error.message}.`;
      reject(new JepsenError("environment", sentence, { command: argv }, error));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else {
        const data = { command: argv, exitCode: code, stderr };
        reject(
          new JepsenError(
            "environment",
            `"${argv.join(" ")}" failed (${signal ?? `exit code ${code}`}): ${stderr.trim()}`,
            data,
          ),
        );
      }
    });
    child.stdin.on("error", () => {}); // it ended before it read all: "close" tells how
    child.stdin.end(stdin);
  });
}
