import { readFile } from "node:fs/promises";
import { z } from "zod";
import { JepsenError, messageOf } from "../src/errors.ts";
import { schedule as atTimes } from "../src/generator/index.ts";
import { parse, placeOf } from "../src/parse.ts";
import type { NemesisPackage } from "../src/test.ts";

const scheduleSchema = z
  .array(
    z.strictObject({
      /** Seconds after the main phase began. */
      at: z.number().min(0),
      family: z.string(),
      f: z.string(),
      value: z.unknown().optional(),
    }),
  )
  .min(1);

/** One fault operation at its time. */
export type ScheduledFault = z.infer<typeof scheduleSchema>[number] & {
  /** It comes out of a history, where the answer's words stand beside what was asked for. */
  readonly recorded?: boolean;
};

/** Fault operations at fixed times. */
export type FaultSchedule = readonly ScheduledFault[];

/** Reads a schedule file. Rejects with JepsenError "usage". */
export async function readSchedule(path: string): Promise<FaultSchedule> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new JepsenError("usage", `Cannot read the schedule ${path}: ${messageOf(error)}.`, { path }, error);
  }
  const parsed = parse(scheduleSchema, value);
  if (parsed.ok) return parsed.data;
  const [entry, ...within] = parsed.refusal.path;
  const place = [
    ...(typeof entry === "number" ? [`entry ${entry + 1}`] : []),
    ...(within.length > 0 ? [placeOf(within)] : []),
  ];
  const wrong = [...place, parsed.refusal.expected].join(": ");
  const sentence = `The schedule ${path} is wrong: ${wrong}. It is a list like [{"at": 5, "family": "partition", "f": "start-partition", "value": {"nodes": ["n2"]}}].`;
  throw new JepsenError("usage", sentence, { path });
}

/** The same packages, but their operations come at the schedule's times. Throws JepsenError "usage" for what no package offers. */
export function scheduled(
  packages: readonly NemesisPackage[],
  schedule: FaultSchedule,
  timeLimitSeconds: number,
): readonly NemesisPackage[] {
  const known = schedule.map((each) => (each.recorded ? askedAgain(each, packages) : each));
  for (const [index, { at, family, f, value, recorded }] of known.entries()) {
    const owner = packages.find((each) => each.name === family);
    if (!owner)
      throw new JepsenError(
        "usage",
        `The schedule names the fault family "${family}", which --nemesis does not ask for.`,
      );
    if (!owner.nemesis.fs.has(f)) {
      throw new JepsenError(
        "usage",
        `The schedule names "${f}", but ${family} knows ${[...owner.nemesis.fs].join(", ")}.`,
      );
    }
    const where = `Entry ${index + 1} of the schedule (${f} at ${at} s)`;
    if (at >= timeLimitSeconds)
      throw new JepsenError("usage", `${where} comes too late: --time-limit ends the run at ${timeLimitSeconds} s.`);
    const wrong = recorded ? undefined : wrongValue(owner, f, value);
    if (wrong !== undefined) throw new JepsenError("usage", `${where} has a wrong value: ${wrong}.`);
  }
  const ordered = [...known].sort((a, b) => a.at - b.at);
  return packages.map((each) => ({
    ...each,
    generator: atTimes(
      ordered.filter(({ family }) => family === each.name).map(({ at, f, value }) => [at, { f, value: value ?? null }]),
    ),
  }));
}

/** A recorded operation with those members of its value only that may be asked for. */
function askedAgain(fault: ScheduledFault, packages: readonly NemesisPackage[]): ScheduledFault {
  const schema = packages.find(({ name }) => name === fault.family)?.values?.[fault.f];
  const parsed = schema && parse(schema, fault.value ?? undefined);
  const unknown = parsed && !parsed.ok ? parsed.refusal.unknown : [];
  if (unknown.length === 0) return fault;
  const asked = Object.entries(fault.value as object).filter(([name]) => !unknown.includes(name));
  return { ...fault, value: Object.fromEntries(asked) };
}

/** What is wrong with the value of an operation; undefined when nothing is, or when the package does not say what may be. */
function wrongValue({ values }: NemesisPackage, f: string, value: unknown): string | undefined {
  if (!values) return undefined;
  const schema = values[f];
  if (!schema) return (value ?? undefined) === undefined ? undefined : `${f} takes none`;
  const parsed = parse(schema, value ?? undefined);
  return parsed.ok ? undefined : parsed.refusal.sentence;
}
