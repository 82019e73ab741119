import { sleep } from "../../src/clock.ts";
import { agrees, type DatabaseOffset, shows } from "./database-clock.ts";
import type { Strobe, StrobeOutcome } from "./node-clock.ts";

/** What the database's own clock was seen to do during a strobe. */
export interface StrobeSightings {
  readonly asked: number;
  /** Answers that fit the shifted side only, and the other side only. */
  readonly shifted: number;
  readonly unshifted: number;
  /** The database's clock is fine enough to tell the two sides apart. */
  readonly visible: boolean;
}

/** Of so many answers at least one must have fallen on the shifted side, or there was none. */
const SIGHTINGS_MIN = 20;

/** Uneven pauses, so that the questions do not fall into step with the strobe. */
const PAUSES_MS = [37, 61, 83, 47, 71];

/** Asks the database for its time over and over until told to stop. `baseMs`: the offset that is not switched. */
export async function watchStrobe(
  ask: () => Promise<DatabaseOffset>,
  baseMs: number,
  deltaMs: number,
  until: AbortSignal,
): Promise<StrobeSightings> {
  let asked = 0;
  let shifted = 0;
  let unshifted = 0;
  let visible = true;
  while (!until.aborted) {
    try {
      const measured = await ask();
      if (until.aborted) break; // it may have been answered after the end
      const on = agrees(measured, baseMs + deltaMs);
      const off = agrees(measured, baseMs);
      visible &&= shows(measured, deltaMs);
      asked++;
      if (on && !off) shifted++;
      if (off && !on) unshifted++;
    } catch {
      // A database that does not answer was not seen; `asked` says how often it was.
    }
    await sleep(PAUSES_MS[asked % PAUSES_MS.length] ?? 50, until).catch(() => undefined);
  }
  return { asked, shifted, unshifted, visible: visible && asked > 0 };
}

/** What a strobe came to on one node. */
export interface StrobeFinding {
  readonly node: string;
  /** Why it is not proven; empty when it is. */
  readonly problems: readonly string[];
  readonly sentence: string;
  /** Why there was no strobe on the node at all. */
  readonly skipped?: string;
  readonly details: unknown;
}

/**
 * Whether a strobe was seen to happen: each switch read back, and by the database's own clock where that can show it. On
 * a process that another fault ended meanwhile it happened as long as there was one.
 */
export function judgeStrobe(
  node: string,
  strobe: Strobe,
  outcome: StrobeOutcome,
  seen: StrobeSightings | undefined,
): StrobeFinding {
  // Half of the switches may be missed on a busy machine.
  const expected = Math.max(1, Math.ceil(strobe.durationMs / strobe.periodMs / 2));
  const isCutShort = outcome.clocks.some(({ gone }) => gone);
  const details = { ...outcome, ...(seen ? { database: seen } : {}) };
  if (outcome.clocks.every(({ gone, switches }) => gone && switches === 0)) {
    const skipped = "its processes ended just then";
    return { node, problems: [], sentence: `There was no strobe on ${node}: ${skipped}.`, skipped, details };
  }
  const problems = outcome.clocks.flatMap(({ name, switches, confirmed, gone, problem }) => {
    if (problem !== undefined) return [`${name} on ${node}: ${problem}`];
    if (confirmed === switches && (gone || switches >= expected)) return [];
    return [
      `${name} on ${node} was switched ${switches} times, ${confirmed} of them read back, instead of ${expected} at least`,
    ];
  });
  const deciding = seen?.visible && seen.asked >= SIGHTINGS_MIN && !isCutShort ? seen : undefined;
  if (deciding?.shifted === 0)
    problems.push(`the database's own clock on ${node} was never seen shifted in ${deciding.asked} answers`);
  const switches = outcome.clocks.map((clock) => clock.switches).join(" and ");
  const by = deciding
    ? `its database's own clock was seen shifted in ${deciding.shifted} of ${deciding.asked} answers`
    : "each switch was read back";
  const until = isCutShort ? ", until a process ended" : "";
  const sentence = `${node} was switched by ${strobe.deltaMs} ms ${switches} times in ${Math.round(outcome.tookMs)} ms${until}: ${by}.`;
  return { node, problems, sentence, details };
}
