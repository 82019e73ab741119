/**
 * `npm run bench -- soak [SEED] [COUNT]`: holds the linearizability engine against the brute-force oracle on many random
 * small histories, each with one algorithm and perhaps one pruning off, by its seed. Fails at the end if any differs.
 */

import { DEFAULT_TUNING, type Tuning } from "../src/checker/linearizable/tuning.ts";
import { monotonicMs } from "../src/clock.ts";
import { JepsenError } from "../src/errors.ts";
import { compare } from "../test/checker/linearizable/compare.ts";
import { distinctSpecs, specs } from "../test/checker/linearizable/specs.ts";

const SEED = 100_000_000;
const COUNT = 1_000_000;

const ALGORITHMS = ["auto", "structure", "search", "depth-first", "layered"] as const;
const SWITCHES = (Object.keys(DEFAULT_TUNING) as (keyof Tuning)[]).filter((name) => DEFAULT_TUNING[name] === true);

/** Runs, printing a line for each specification. Throws JepsenError "usage", and "internal" when the two disagree. */
export async function bench(args: readonly string[]): Promise<void> {
  const [seed = SEED, count = COUNT] = args.map(Number);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
    throw new JepsenError("usage", "Use: npm run bench -- soak [SEED] [COUNT], two whole numbers.", { args });
  }
  const all = [...specs, ...distinctSpecs];
  const each = Math.ceil(count / all.length);
  const mismatches: string[] = [];
  const began = monotonicMs();
  for (const [i, spec] of all.entries()) {
    const from = seed + i * each;
    const tally = compare(spec, from, each, { tuning });
    mismatches.push(...tally.mismatches);
    const share = Math.round((100 * tally.linearizable) / each);
    const seeds = `seeds ${from}–${from + each - 1}`;
    process.stdout.write(
      `${spec.model.padEnd(20)} ${seeds}: ${share} % linearizable, ${tally.mismatches.length} wrong\n`,
    );
  }
  const seconds = Math.round((monotonicMs() - began) / 1000);
  process.stdout.write(`${each * all.length} histories in ${seconds} s: ${mismatches.length} mismatches.\n`);
  if (mismatches.length === 0) return;
  throw new JepsenError("internal", mismatches.slice(0, 20).join("\n"), { mismatches: mismatches.length });
}

/** Every algorithm in turn; for three histories of four, one pruning off. */
function tuning(seed: number): Partial<Tuning> {
  const algorithm = ALGORITHMS[seed % ALGORITHMS.length] as Tuning["algorithm"];
  const off = seed % 4 === 0 ? undefined : SWITCHES[Math.floor(seed / 7) % SWITCHES.length];
  return off === undefined ? { algorithm } : { algorithm, [off]: false };
}
