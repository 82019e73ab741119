import type { Turns } from "../../nemesis/turns.ts";
import { JepsenError } from "../errors.ts";
import { clusterOptions } from "./cluster-choice.ts";
import { FAMILY_OF_FLAG } from "./family-options.ts";
import { flagName } from "./option-flags.ts";
import { asksFor } from "./plan.ts";

/** Flags about faults of any family. */
const ANY_FAMILY: ReadonlySet<string> = new Set([
  "nemesisInterval",
  "nemesisSchedule",
  "nemesisPeriod",
  "nemesisMissing",
]);

/** Flags of families that hold for operations at fixed times as well; the others say what is drawn. */
const NOT_DRAWN = /Roles$|^membershipUnsafe$|^packet$/;

/** Why a flag about faults does nothing beside `--nemesis` with these names; undefined when it does something. */
function whyIdle(field: string, nemesis: readonly string[], where = "--nemesis"): string | undefined {
  const family = FAMILY_OF_FLAG.get(field);
  if (family !== undefined && !asksFor(nemesis, family))
    return `--${flagName(field)} is about the fault ${family}, which ${where} does not ask for: name it there, or leave the flag out.`;
  if (ANY_FAMILY.has(field) && nemesis.length === 0)
    return `--${flagName(field)} is about faults, and none is asked for: name some with ${where}, or leave the flag out.`;
  return undefined;
}

/** What decides whether a flag does anything. */
export interface FlagContext {
  /** What `--nemesis` asks for; [] for none. */
  readonly nemesis: readonly string[];
  /** When faults come; "fixed": at the times of a schedule. */
  readonly turns: Turns | "fixed";
}

/**
 * Refuses a flag about faults that would do nothing: whoever gives one believes that it does. `given`: what the user gave
 * himself, by names in the record. Throws JepsenError "usage".
 */
export function refuseIdleFlags(given: Readonly<Record<string, unknown>>, { nemesis, turns }: FlagContext): void {
  for (const field of Object.keys(given)) {
    const why = whyIdle(field, nemesis);
    if (why !== undefined) throw new JepsenError("usage", why);
    const isDrawn = FAMILY_OF_FLAG.has(field) ? !NOT_DRAWN.test(field) : field === "nemesisInterval";
    if (turns === "fixed" && isDrawn) {
      const sentence = `--${flagName(field)} says nothing where a schedule says what happens and when: leave it out.`;
      throw new JepsenError("usage", sentence);
    }
    if (field === "nemesisPeriod" && turns !== "alternating") {
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

const FIELDS: ReadonlyMap<string, string> = new Map(
  [...FAMILY_OF_FLAG.keys(), ...ANY_FAMILY].map((field) => [`--${flagName(field)}`, field]),
);

/** A flag that takes no value. */
const BARE: ReadonlySet<string> = new Set(["membershipUnsafe"]);

function split(argv: readonly string[]): readonly Word[] {
  const found: Word[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    const field = FIELDS.get(word.replace(/=.*$/s, ""));
    const hasNext = field !== undefined && !word.includes("=") && !BARE.has(field) && i + 1 < argv.length;
    found.push({ field, words: hasNext ? [word, argv[++i] as string] : [word] });
  }
  return found;
}

/**
 * The flags that hold for one of several runs: without those about faults that this one does not have. Throws JepsenError
 * "usage" for flags that none of the runs, each by its `--nemesis`, has a use for.
 */
export function flagsFor(argv: readonly string[], nemesis: readonly string[], all: readonly (readonly string[])[]) {
  const words = split(argv);
  for (const { field } of words) {
    const whys = field === undefined ? [] : all.map((one) => whyIdle(field, one, "--nemeses"));
    const [why] = whys;
    if (why !== undefined && whys.every((each) => each !== undefined)) throw new JepsenError("usage", why);
  }
  return words
    .filter(({ field }) => field === undefined || whyIdle(field, nemesis) === undefined)
    .flatMap((each) => each.words);
}
