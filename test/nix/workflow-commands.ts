/**
 * Finds the command lines of jepsen-ts in what people and machines copy them from: the workflow files, with every cell of
 * their matrices, the NixOS tests, and fenced shell blocks of the documentation. Tests parse each with the real command line.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseYaml, type Yaml, type YamlMapping } from "./yaml.ts";

/** One call of jepsen-ts. */
export interface ShellCommand {
  /** Arguments behind the program's name. */
  readonly argv: readonly string[];
  readonly sudo: boolean;
}

/** One call of jepsen-ts in a workflow. */
export interface WorkflowCommand extends ShellCommand {
  /** File name below .github/workflows. */
  readonly workflow: string;
  readonly job: string;
  /** Values of the matrix; {} for a job without one. */
  readonly cell: Readonly<Record<string, string>>;
}

const root = new URL("../../", import.meta.url);

/** The workflow files, by name. */
export const workflowFiles = ["nightly.yml", "push.yml"] as const;

/** What `${{ … }}` stands for where the value is not of interest. */
const CONTEXT: Readonly<Record<string, string>> = {
  "github.run_id": "16000000000",
  "github.ref": "refs/heads/main",
};

/** Reads a workflow file. */
export function readWorkflow(name: string): YamlMapping {
  return mapping(parseYaml(readFileSync(new URL(`.github/workflows/${name}`, root), "utf8")), name);
}

function mapping(value: Yaml | undefined, what: string): YamlMapping {
  if (value === undefined || typeof value === "string" || Array.isArray(value)) throw new Error(`${what}: no mapping`);
  return value as YamlMapping;
}

function list(value: Yaml | undefined): readonly Yaml[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : (value as readonly Yaml[]);
}

/** The jobs of a workflow, by name. */
export function jobsOf(workflow: YamlMapping): readonly (readonly [string, YamlMapping])[] {
  return Object.entries(mapping(workflow.jobs, "jobs")).map(([name, job]) => [name, mapping(job, name)]);
}

/** The steps of a job. */
export function stepsOf(job: YamlMapping): readonly YamlMapping[] {
  return list(job.steps).map((step) => mapping(step, "a step"));
}

/**
 * The cells of a job's matrix: the product of its lists; an entry of `include` extends the cells that it contradicts in
 * nothing, or is a cell of its own. [{}] without a matrix.
 */
export function cellsOf(job: YamlMapping): readonly Readonly<Record<string, string>>[] {
  if (job.strategy === undefined) return [{}];
  const { include, ...axes } = mapping(mapping(job.strategy, "strategy").matrix, "matrix");
  let cells: Record<string, string>[] = [{}];
  for (const [key, values] of Object.entries(axes)) {
    cells = cells.flatMap((cell) => list(values).map((value) => ({ ...cell, [key]: String(value) })));
  }
  const extra: Record<string, string>[] = [];
  for (const entry of list(include)) {
    const values = Object.fromEntries(Object.entries(mapping(entry, "include")).map(([k, v]) => [k, String(v)]));
    const fitting = cells.filter((cell) => Object.keys(axes).every((k) => !(k in values) || values[k] === cell[k]));
    if (fitting.length === 0) extra.push(values);
    for (const cell of fitting) Object.assign(cell, values);
  }
  return [...cells, ...extra];
}

/** Puts values for `${{ … }}`; an expression nobody knows is an error. */
export function expand(text: string, cell: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{\s*([^}]*?)\s*\}\}/g, (_whole, expression: string) => {
    const value = expression.startsWith("matrix.") ? cell[expression.slice("matrix.".length)] : CONTEXT[expression];
    if (value === undefined) throw new Error(`nobody knows what \${{ ${expression} }} is`);
    return value;
  });
}

/** Words of one shell command; quotes are removed, variables stay as they are. A redirection ends it. */
function words(command: string): readonly string[] {
  const tokens = command.match(/(?<=\s)\d?[<>].*|(?:[^\s"'<>]|"[^"]*"|'[^']*')+/g) ?? [];
  const end = tokens.findIndex((token) => /^\d?[<>]/.test(token));
  return (end === -1 ? tokens : tokens.slice(0, end)).map((token) => token.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

/** Splits at `;`, `&&`, `||`, `|` and newlines outside of quotes; a backslash continues a line, a comment ends it. */
function commandsOf(script: string): readonly string[] {
  const plain = script.replaceAll(/(^|\s)#.*$/gm, "$1").replaceAll(/\\\n\s*/g, " ");
  const parts: string[] = [""];
  for (const token of plain.match(/"[^"]*"|'[^']*'|&&|\|\||[;|\n]|[^"';|&\n]+|[&"']/g) ?? []) {
    if (/^(?:&&|\|\||[;|\n])$/.test(token)) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

const isAssignment = (word: string) => /^[A-Za-z_]\w*=/.test(word);

/** The calls of jepsen-ts in a shell script, also through sudo, env, assignments and `nix run … --`. */
export function shellCommands(script: string): readonly ShellCommand[] {
  const found: ShellCommand[] = [];
  for (const command of commandsOf(script)) {
    let rest = words(command.replace(/^\$ /, ""));
    let sudo = false;
    for (let first = rest[0]; first !== undefined; first = rest[0]) {
      if (first === "sudo") {
        sudo = true;
        rest = rest.slice(1);
        while (rest[0]?.startsWith("-")) rest = rest.slice(1);
      } else if (first === "env" || isAssignment(first)) rest = rest.slice(1);
      else break;
    }
    const [program = "", ...argv] = rest;
    if (/(?:^|\/)jepsen-ts$/.test(program)) found.push({ argv, sudo });
    if (program === "nix" && argv[0] === "run" && argv.includes("--"))
      found.push({ argv: argv.slice(argv.indexOf("--") + 1), sudo });
  }
  return found;
}

/** Every call of jepsen-ts in one workflow, cell by cell: in `run` scripts, and in environment values that hold a command. */
export function workflowCommands(name: string): readonly WorkflowCommand[] {
  return jobsOf(readWorkflow(name)).flatMap(([job, content]) =>
    cellsOf(content).flatMap((cell) =>
      stepsOf(content)
        .flatMap((step) => [step.run, ...Object.values(step.env === undefined ? {} : mapping(step.env, "env"))])
        .filter((text) => typeof text === "string")
        .flatMap((text) => shellCommands(expand(text, cell)))
        .map((command) => ({ ...command, workflow: name, job, cell })),
    ),
  );
}

/** The commands that the NixOS tests run unless told otherwise. */
export function nixTestCommands(): readonly ShellCommand[] {
  const text = readFileSync(new URL("nix/tests/default.nix", root), "utf8");
  return [...text.matchAll(/^\s*command = "([^"]*)";$/gm)].flatMap((match) => shellCommands(match[1] ?? ""));
}

/** The calls of jepsen-ts in the fenced `sh` blocks of a page, relative to the repository. Placeholders in capitals stay. */
export function markdownCommands(path: string): readonly ShellCommand[] {
  const text = readFileSync(fileURLToPath(new URL(path, root)), "utf8");
  return [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```$/gm)].flatMap((match) =>
    shellCommands(match[1] ?? ""),
  );
}
