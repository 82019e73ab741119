import { access, appendFile, constants, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { JepsenError, messageOf } from "../../errors.ts";
import { annotations, SUMMARY_BYTES_MAX, summaryMarkdown } from "./github.ts";
import { junitXml } from "./junit.ts";
import type { ReportedRun } from "./reported-run.ts";

/** Tells somebody else than the person at the terminal what came of runs. */
export interface Reporter {
  /** Called once, when all is over. */
  report(runs: readonly ReportedRun[]): Promise<void>;
}

/** For `--help`. */
export const REPORTER_HELP =
  "where to report to besides, several by commas or repeated: junit=FILE (XML for build servers), github (annotations, and a summary of the step)";

/**
 * The reporters that `--reporter` names, each value a list by commas. Rejects with JepsenError "usage" for a name that
 * does not exist and for a file that cannot be written, so that it is known before a long run and not after it.
 */
export async function makeReporters(asked: readonly string[]): Promise<readonly Reporter[]> {
  const words = asked.flatMap((list) => list.split(",")).map((word) => word.trim());
  const names = [...new Set(words.filter((word) => word !== ""))];
  if (asked.length > 0 && names.length === 0)
    throw new JepsenError("usage", "--reporter names nothing: give it junit=FILE or github, or leave it out.");
  return Promise.all(names.map(makeReporter));
}

async function makeReporter(word: string): Promise<Reporter> {
  const equals = word.indexOf("=");
  const name = equals === -1 ? word : word.slice(0, equals);
  const file = equals === -1 ? "" : word.slice(equals + 1);
  if (name === "github" && file === "") return { report: reportToGithub };
  if (name === "junit" && file !== "") {
    const path = resolve(file);
    await makeWritable(path);
    return { report: (runs) => writeFile(path, junitXml(runs)) };
  }
  throw new JepsenError("usage", `--reporter takes junit=FILE and github, not "${word}".`);
}

async function makeWritable(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await access(dirname(path), constants.W_OK);
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw new Error("it is a directory");
  } catch (error) {
    throw new JepsenError("usage", `--reporter junit: cannot write ${path}: ${messageOf(error)}.`, { path }, error);
  }
}

/** Annotations go to stderr, which GitHub reads too: stdout is for the result. The summary is added to what the step has. */
async function reportToGithub(runs: readonly ReportedRun[]): Promise<void> {
  for (const line of annotations(runs)) process.stderr.write(`${line}\n`);
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === "") return;
  const bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
  await appendFile(path, summaryMarkdown(runs, SUMMARY_BYTES_MAX - bytes));
}

/** Reports to all; what goes wrong there is said on stderr, and changes no verdict. */
export async function reportTo(reporters: readonly Reporter[], runs: readonly ReportedRun[]): Promise<void> {
  for (const reporter of reporters) {
    await reporter
      .report(runs)
      .catch((error: unknown) => process.stderr.write(`A report could not be written: ${messageOf(error)}\n`));
  }
}
