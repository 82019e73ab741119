import { Command, Option } from "commander";
import { checkSafely, mergeVerdicts } from "../checker/verdict.ts";
import { monotonicMs } from "../clock.ts";
import { isJepsenError, JepsenError } from "../errors.ts";
import { keyedValueSplitter } from "../history/keyed-values.ts";
import { isClientOp, type Op } from "../history/op.ts";
import { type HistoryFormat, historyFormats, readHistory } from "../history/readers/detect.ts";
import type { Result } from "../test.ts";
import { type CheckModel, checkModelByName, checkModels } from "./check-models.ts";
import { describeFile, describeTable, explainFile, type FileResult } from "./check-output.ts";
import { EXIT } from "./exit-codes.ts";

/** The flags of `check`, as commander gives them. */
interface CheckFlags {
  readonly format?: HistoryFormat;
  readonly key?: string;
  readonly keyedValues?: true;
  readonly timeout: string;
  readonly memory: string;
  readonly json?: true;
  readonly explain?: true;
}

/** Where results and remarks go. */
export interface CheckOutput {
  /** The result, to stdout. */
  readonly out: (text: string) => void;
  /** The story, to stderr. */
  readonly err: (text: string) => void;
}

const MIB = 2 ** 20;
const DEFAULT_SECONDS = 60;
const DEFAULT_MIB = 1024;

const HELP = `
Models:
${checkModels.map(({ name, description }) => `  ${name.padEnd(24)} ${description}`).join("\n")}

Formats: ${historyFormats.join(", ")}; told by the file's content unless given.

Exit codes: 0 valid, 1 invalid, 2 unknown (not decided within the budget, or nothing to decide), 254 usage,
unreadable files included. Over several files: 1, then 254, then 2, then 0.

Examples:
  $ jepsen-ts check cas-register store/latest/history.jsonl
  $ jepsen-ts check cas-register history.edn --explain
  $ jepsen-ts check key-value kv.txt --key 7 --json
  $ jepsen-ts check register *.log --timeout 10
`;

/** The command `check MODEL FILE…`: checks histories that lie in files, without a test. Sets the process' exit code. */
export function checkCommand(
  output: CheckOutput = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
): Command {
  return new Command("check")
    .description("check histories in files against a model")
    .argument("<model>", "what they are checked against (listed below)")
    .argument("<files...>", "histories")
    .addOption(new Option("--format <format>", "format of the files").choices(historyFormats))
    .option("--key <key>", "check only the operations with this key")
    .option("--keyed-values", "values are [key value], as Jepsen's independent workloads write them")
    .option("--timeout <seconds>", "time for each file's verdict", String(DEFAULT_SECONDS))
    .option("--memory <MiB>", "memory for each file's verdict", String(DEFAULT_MIB))
    .option("--json", "print one JSON object")
    .option("--explain", "tell all that is known about why a history is not valid")
    .addHelpText("after", HELP)
    .action(async (name: string, files: readonly string[], flags: CheckFlags) => {
      process.exitCode = await checkFiles(name, files, flags, output);
    });
}

/** Checks each file, prints, and answers the exit code. Throws JepsenError "usage" for wrong flags. */
async function checkFiles(
  name: string,
  files: readonly string[],
  flags: CheckFlags,
  output: CheckOutput,
): Promise<number> {
  const model = checkModelByName(name);
  const timeMs = positive("--timeout", flags.timeout) * 1000;
  const memoryBytes = positive("--memory", flags.memory) * MIB;
  // An explanation costs time after the verdict; in a table nobody would see it.
  const explain = flags.explain === true || flags.json === true || files.length === 1;
  const results: FileResult[] = [];
  for (const file of files) {
    const result = await checkFile(file, model, flags, { timeMs, memoryBytes, explain }, output);
    results.push(result);
    if (result.error !== undefined && flags.json !== true) output.err(`${result.error.message}\n`);
  }
  if (flags.json === true) {
    const valid = mergeVerdicts(results.map((result) => result.valid));
    output.out(`${JSON.stringify({ model: model.name, valid, files: results })}\n`);
  } else {
    const [only] = results;
    if (files.length === 1 && only !== undefined) {
      if (only.error === undefined) output.out(describeFile(only));
    } else {
      output.out(describeTable(results));
    }
    if (flags.explain === true) {
      for (const result of results) {
        const text = explainFile(result, model.linearizable);
        if (text !== "") output.out(files.length === 1 ? `\n${text}` : `\n${result.file}\n${text}`);
      }
    }
  }
  return exitCode(results);
}

async function checkFile(
  file: string,
  model: CheckModel,
  flags: CheckFlags,
  limits: { readonly timeMs: number; readonly memoryBytes: number; readonly explain: boolean },
  output: CheckOutput,
): Promise<FileResult> {
  const started = monotonicMs();
  try {
    const { history, format, tornLine } = await readHistory(file, { format: flags.format, map: selector(flags) });
    const readMs = monotonicMs() - started;
    if (tornLine !== undefined) {
      output.err(`${file} ends in the middle of an operation at line ${tornLine}; that operation is left out.\n`);
    }
    if (flags.key !== undefined && history.length === 0) {
      throw new JepsenError("usage", `No operation of ${file} has the key ${flags.key}.`, { file, key: flags.key });
    }
    const context = { name: model.name, nodes: [], concurrency: 1, options: {} };
    const result = await checkSafely(model.checker({ explain: limits.explain }), context, history, limits);
    const summary = result.summary ?? defaultSummary(result);
    const { errorCode } = result;
    return {
      file,
      format,
      operations: history.filter((op) => op.type === "invoke" && isClientOp(op)).length,
      readMs,
      checkMs: monotonicMs() - started - readMs,
      valid: result.valid,
      summary,
      // The history is none of this model, or none at all.
      ...(errorCode === "usage" || errorCode === "corrupt"
        ? { error: { code: errorCode, message: `${file}: ${summary}` } }
        : {}),
      result,
    };
  } catch (error) {
    if (!isJepsenError(error, "usage", "corrupt")) throw error;
    const { code, message } = error;
    return { file, valid: "unknown", summary: message, error: { code, message } };
  }
}

/** Which operations are kept, and how they are changed, as they are read. */
function selector(flags: CheckFlags): (op: Op) => Op | undefined {
  const split = flags.keyedValues === true ? keyedValueSplitter() : (op: Op) => op;
  const { key } = flags;
  if (key === undefined) return split;
  return (op) => {
    const kept = split(op);
    return kept.key !== undefined && String(kept.key) === key ? kept : undefined;
  };
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new JepsenError("usage", `${flag} takes a number above 0, not "${text}".`);
}

function exitCode(results: readonly FileResult[]): number {
  if (results.some(({ valid }) => valid === false)) return EXIT.invalid;
  if (results.some(({ error }) => error !== undefined)) return EXIT.usage;
  return results.some(({ valid }) => valid === "unknown") ? EXIT.unknown : EXIT.valid;
}

function defaultSummary({ valid }: Result): string {
  return valid === true ? "Valid." : valid === false ? "Invalid." : "Unknown.";
}
