import type { Turns } from "../../nemesis/turns.ts";
import { JepsenError } from "../errors.ts";
import type { Suite } from "../test.ts";
import { clusterOptions } from "./cluster-choice.ts";
import { FAMILY_OF_FLAG, familyOptions } from "./family-options.ts";
import { bareFields, flagName } from "./option-flags.ts";
import { asksFor } from "./plan.ts";

/** Flags of families that hold for operations at fixed times as well; the others say what is drawn. */
const NOT_DRAWN = /Roles$|^membershipUnsafe$|^packet$/;

/** One run, as far as it decides which flags do anything. */
export interface Combination {
  /** What `--nemesis` asks for; [] for none. */
  readonly nemesis: readonly string[];
  readonly workload: string;
}

type FlagsOfSuite = Pick<Suite, "options" | "workloadsOfFlags">;

/** Why a flag does nothing in such a run; undefined when it does something. `names`: the flags that choose the run. */
function whyIdle(
  field: string,
  { nemesis, workload }: Combination,
  suite: FlagsOfSuite,
  names = { nemesis: "--nemesis", workload: "--workload" },
): string | undefined {
  const flag = `--${flagName(field)}`;
  const family = FAMILY_OF_FLAG.get(field);
  if (family !== undefined && !asksFor(nemesis, family))
    return `${flag} is about the fault ${family}, which ${names.nemesis} does not ask for: name it there, or leave the flag out.`;
  if (field === "nemesisSchedule" && nemesis.length === 0)
    return `${flag} is about faults, and none is asked for: name some with ${names.nemesis}, or leave the flag out.`;
  const readers = suite.workloadsOfFlags?.[field];
  if (readers && !readers.includes(workload))
    return `${flag} says nothing to the workload ${workload}: choose ${readers.join(" or ")} with ${names.workload}, or leave the flag out.`;
  return undefined;
}

/** What decides whether a flag does anything. */
export interface FlagContext extends Combination {
  readonly suite: FlagsOfSuite;
  /** When faults come; "fixed": at the times of a schedule. */
  readonly turns: Turns | "fixed";
}

/**
 * Refuses a flag that would do nothing: whoever gives one believes that it does. Only flags that say how faults of any
 * family would come (`--nemesis-interval` and the like) may stand beside `--nemesis none`, as they do in scripts. `given`:
 * what the user gave himself, by names in the record. Throws JepsenError "usage".
 */
export function refuseIdleFlags(given: Readonly<Record<string, unknown>>, context: FlagContext): void {
  const { suite, turns } = context;
  for (const field of Object.keys(given)) {
    const why = whyIdle(field, context, suite);
    if (why !== undefined) throw new JepsenError("usage", why);
    const isDrawn = FAMILY_OF_FLAG.has(field) ? !NOT_DRAWN.test(field) : field === "nemesisInterval";
    if (turns === "fixed" && isDrawn) {
      const sentence = `--${flagName(field)} says nothing where a schedule says what happens and when: leave it out.`;
      throw new JepsenError("usage", sentence);
    }
    if (field === "nemesisPeriod" && turns !== "alternating" && context.nemesis.length > 0) {
      const sentence = "--nemesis-period is about --nemesis-schedule alternating: give that as well, or leave it out.";
      throw new JepsenError("usage", sentence);
    }
  }
}

/** Refuses flags about nodes for a suite that has none. Throws JepsenError "usage". */
export function refuseNodeFlags(given: Readonly<Record<string, unknown>>, suite: string): void {
  const fields = [...Object.keys(clusterOptions.shape), "node", "keepCluster", "keepOnFailure", "healFirst"];
  const field = fields.find((each) => given[each] !== undefined);
  if (field !== undefined)
    throw new JepsenError(
      "usage",
      `Suite ${suite} runs without nodes, which --${flagName(field)} is about: leave it out.`,
    );
}

/** One flag of a command line with its value. */
interface Word {
  readonly field: string | undefined;
  readonly words: readonly string[];
}

function split(argv: readonly string[], suite: FlagsOfSuite): readonly Word[] {
  const named = [...FAMILY_OF_FLAG.keys(), "nemesisSchedule", ...Object.keys(suite.workloadsOfFlags ?? {})];
  const fields = new Map(named.map((field) => [`--${flagName(field)}`, field]));
  const bare = new Set([...bareFields(familyOptions), ...bareFields(suite.options)]);
  const found: Word[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    const field = fields.get(word.replace(/=.*$/s, ""));
    const hasNext = field !== undefined && !word.includes("=") && !bare.has(field) && i + 1 < argv.length;
    found.push({ field, words: hasNext ? [word, argv[++i] as string] : [word] });
  }
  return found;
}

/**
 * The flags that hold for one of several runs: without those about faults and workloads that it does not have. Throws
 * JepsenError "usage" for flags that none of the runs has a use for.
 */
export function flagsFor(
  argv: readonly string[],
  one: Combination,
  all: readonly Combination[],
  suite: FlagsOfSuite,
): readonly string[] {
  const words = split(argv, suite);
  const names = { nemesis: "--nemeses", workload: "--workloads" };
  for (const { field } of words) {
    const whys = field === undefined ? [] : all.map((each) => whyIdle(field, each, suite, names));
    const [why] = whys;
    if (why !== undefined && whys.every((each) => each !== undefined)) throw new JepsenError("usage", why);
  }
  return words
    .filter(({ field }) => field === undefined || whyIdle(field, one, suite) === undefined)
    .flatMap((each) => each.words);
}
