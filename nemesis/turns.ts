import { JepsenError } from "../src/errors.ts";
import { any, filter, untilOk, type Window, windows } from "../src/generator/index.ts";
import { gapSeconds } from "../src/generator/spaced.ts";
import type { GeneratorLike, NemesisPackage } from "../src/test.ts";

/** Ways to spread faults over a run, as `--nemesis-schedule` names them; anything else is a file. */
export const TURNS = ["random", "alternating", "one-of-each"] as const;
export type Turns = (typeof TURNS)[number];

/** Shares of a family's turn in `one-of-each`: about when it begins, and when it is undone. */
const BEGIN_SHARE = 1 / 6;
const UNDO_SHARE = 0.6;
/** Shorter turns would leave no time for measuring. */
const TURN_SECONDS_MIN = 3;

/**
 * Quiet and faulty periods of the same length by turns, the first one quiet. In a faulty period every family goes by its
 * own rhythm, and at its end each undoes what is left: the system is seen broken, and seen to recover, several times.
 */
export function alternating(
  packages: readonly NemesisPackage[],
  periodSeconds: number,
  timeLimitSeconds: number,
): readonly NemesisPackage[] {
  if (periodSeconds >= timeLimitSeconds) {
    const sentence = `No fault would come: the first period, ${periodSeconds} s, is quiet, and --time-limit is ${timeLimitSeconds}; choose a shorter --nemesis-period or more time.`;
    throw new JepsenError("usage", sentence);
  }
  refuseLate(packages, periodSeconds, `--nemesis-period ${periodSeconds}`);
  const rounds = Math.ceil(timeLimitSeconds / (2 * periodSeconds));
  return packages.map((each) => {
    const turns = Array.from({ length: rounds }, (_, round): readonly Window[] => {
      const from = (2 * round + 1) * periodSeconds;
      const to = from + periodSeconds;
      return [
        { from, to, generator: each.generator },
        { from: to, generator: each.finalGenerator },
      ];
    });
    return { ...each, generator: windows<GeneratorLike>(turns.flat()) };
  });
}

/** The same packages, for faults that come at random. Throws JepsenError "usage" for those that come after the end. */
export function inTime(packages: readonly NemesisPackage[], timeLimitSeconds: number): readonly NemesisPackage[] {
  refuseLate(packages, timeLimitSeconds, `--time-limit ${timeLimitSeconds}`);
  return packages;
}

/** A rhythm begins with a gap: one that is as long as all the time there is leaves none for the fault. */
function refuseLate(packages: readonly NemesisPackage[], seconds: number, limit: string): void {
  for (const { name, generator } of packages) {
    const gap = gapSeconds(generator);
    if (gap !== undefined && gap >= seconds) {
      const sentence = `The fault ${name} comes after about ${gap} s, and ${limit} leaves it no time: choose a shorter --nemesis-interval (or --${name}-interval), or more time.`;
      throw new JepsenError("usage", sentence);
    }
  }
}

/**
 * How long one family's turn is in `one-of-each`, and the interval that its rhythm needs for it. After the last family's
 * turn there is one more. Throws JepsenError "usage".
 */
export function turnOf(families: number, timeLimitSeconds: number) {
  const turns = families + 1;
  const seconds = timeLimitSeconds / turns;
  if (seconds < TURN_SECONDS_MIN) {
    const least = Math.ceil(turns * TURN_SECONDS_MIN);
    throw new JepsenError("usage", `One of each of ${families} faults needs --time-limit ${least} at least.`);
  }
  return { seconds, intervalSeconds: seconds * BEGIN_SHARE };
}

/**
 * Each family once, one after another, and none together: the first of its faults that takes hold, and its undoing
 * before the next family begins. Those of which none took hold (there was no primary to aim at, say) try again in a last
 * turn, together; what they do then is undone by the run's end. For short runs that shall have seen every fault.
 */
export function oneOfEach(packages: readonly NemesisPackage[], turnSeconds: number): readonly NemesisPackage[] {
  const last = packages.length * turnSeconds;
  return packages.map((each, i) => {
    const from = i * turnSeconds;
    const undo = from + UNDO_SHARE * turnSeconds;
    const installs = new Set<string | undefined>(each.bands.flatMap(({ start }) => start));
    const strikes = filter(({ f }) => installs.has(f), each.generator);
    const turns: readonly Window[] = [
      { from, to: undo, generator: strikes },
      { from: last, generator: strikes },
    ];
    const undoing: readonly Window[] = [{ from: undo, to: from + turnSeconds, generator: each.finalGenerator }];
    return { ...each, generator: any(untilOk(windows<GeneratorLike>(turns)), windows<GeneratorLike>(undoing)) };
  });
}
