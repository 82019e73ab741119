import { describe, expect, it } from "vitest";
import { decideOne } from "../../../src/checker/linearizable/decide.ts";
import { groupsOf } from "../../../src/checker/linearizable/group.ts";
import { Meter } from "../../../src/checker/linearizable/meter.ts";
import { roundOf } from "../../../src/checker/linearizable/solver.ts";
import { DEFAULT_TUNING, type Tuning } from "../../../src/checker/linearizable/tuning.ts";
import { weaken } from "../../../src/checker/linearizable/weaken.ts";
import { modelByName } from "../../../src/model/registry.ts";
import { isLinearizable } from "./oracle.ts";
import { randomHistory } from "./random-histories.ts";
import { recorded } from "./small-histories.ts";
import { distinctSpecs, specs } from "./specs.ts";

const HISTORIES = 400;
const all = [...specs, ...distinctSpecs];

describe("a weakened group", () => {
  it.each(["auto", "structure", "search", "depth-first", "layered"] as const)(
    "is decided as the oracle does, its optional operations happening as they completed or never: by %s",
    (algorithm) => {
      const mismatches: string[] = [];
      const verdicts = { true: 0, false: 0 };
      for (const [i, spec] of all.entries()) {
        const model = modelByName(spec.model);
        for (let seed = i * 1_000_000; seed < i * 1_000_000 + HISTORIES; seed++) {
          const { ops, random } = randomHistory(spec, seed);
          const [group] = groupsOf(recorded(spec, ops, random));
          if (group === undefined) continue;
          const share = random.pick([0.3, 0.6, 0.9]);
          // What crashed cannot be required.
          const required = new Set(
            ops.flatMap(({ end }, number) => (Number.isFinite(end) && random.bool(share) ? [number] : [])),
          );
          const expected = isLinearizable(
            spec,
            ops.map((op, number) =>
              required.has(number) || op.end === Number.POSITIVE_INFINITY ? op : { ...op, optional: true },
            ),
          );
          verdicts[`${expected}`]++;
          const tuning: Tuning = { ...DEFAULT_TUNING, algorithm };
          const meter = new Meter(10_000, 2 ** 28);
          const part = weaken(model, group, required).group;
          const { verdict } = decideOne(model, part, tuning, meter, [0, 1, 2, 3].map(roundOf));
          if (verdict !== expected) mismatches.push(`${spec.model} seed ${seed}: ${verdict}, but it is ${expected}`);
        }
      }
      expect(mismatches).toEqual([]);
      expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(all.length * HISTORIES * 0.15);
    },
    120_000,
  );
});
