import { Command, CommanderError } from "commander";
import { isJepsenError, messageOf } from "../errors.ts";
import { analyzeCommand, judgeCommand } from "./analyze-command.ts";
import { checkCommand } from "./check-command.ts";
import { clusterCommand } from "./cluster-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { harnessVersion } from "./environment.ts";
import { EXIT, EXIT_TABLE, exitCodeOf } from "./exit-codes.ts";
import { healCommand } from "./heal-command.ts";
import { runCommand } from "./run-command.ts";
import { namesSuite } from "./suites.ts";
import { testAllCommand } from "./test-all-command.ts";

const HELP = `
Examples:
  jepsen-ts run etcd --nemesis partition            five local nodes, a real etcd, partitions, a verdict
  jepsen-ts run etcd --help                         every flag of a suite
  jepsen-ts analyze                                 judge the latest run again
  jepsen-ts doctor                                  what this machine and these nodes lack

${EXIT_TABLE}`;

function strict(command: Command): Command {
  command.exitOverride().showHelpAfterError("(--help shows what can be given)");
  for (const each of command.commands) strict(each);
  return command;
}

/** The program with every command; `argv` decides which suite's flags `run` gets: a word that names one, or else the first word. */
async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command("jepsen-ts")
    .description("Test what a distributed system promises: real nodes, real faults, a verdict that can be trusted.")
    .version(harnessVersion())
    .enablePositionalOptions()
    .addHelpText("after", HELP);
  const takesSuite = ["run", "test", "test-all"].includes(argv[0] ?? "");
  const words = takesSuite ? argv.slice(1).filter((word) => !word.startsWith("-")) : [];
  const suite = words.find(namesSuite) ?? words[0];
  root.addCommand(await runCommand(suite, argv));
  root.addCommand(await testAllCommand(suite));
  for (const command of [analyzeCommand(), checkCommand(), clusterCommand(), doctorCommand(), healCommand()])
    root.addCommand(command);
  root.addCommand(judgeCommand(), { hidden: true });
  return strict(root);
}

/** Runs the command line and sets the exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", () => process.exit(EXIT.harness)); // the reader of our output is gone
  try {
    const root = await program(argv);
    await root.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed its sentence; help and version are no errors
      process.exitCode = error.exitCode === 0 ? EXIT.valid : EXIT.usage;
      return;
    }
    const known = isJepsenError(error);
    process.stderr.write(`${messageOf(error)}\n`);
    if (!known || error.code === "internal") process.stderr.write(`${(error as Error).stack ?? ""}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

if (import.meta.filename === process.argv[1]) await main(process.argv.slice(2));
