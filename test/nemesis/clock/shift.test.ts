import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bumped, deltaNsAt, drifting, NO_SHIFT, type Shift } from "../../../nemesis/clock/shift.ts";

const trueNs = fc.bigInt({ min: 1_700_000_000n * 10n ** 9n, max: 1_900_000_000n * 10n ** 9n });
const shift: fc.Arbitrary<Shift> = fc.record({
  offsetNs: fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
  ratePpm: fc.integer({ min: -90_000, max: 90_000 }),
  t0Ns: trueNs.map(String),
});

describe("shifts", () => {
  it("no shift is none at any time", () => {
    fc.assert(fc.property(trueNs, (now) => deltaNsAt(NO_SHIFT, String(now)) === 0));
  });

  it("a new rate goes on from where the clock is", () => {
    fc.assert(
      fc.property(shift, trueNs, fc.integer({ min: -90_000, max: 90_000 }), (before, now, ppm) => {
        const after = drifting(before, ppm, String(now));
        expect(Math.abs(deltaNsAt(after, String(now)) - deltaNsAt(before, String(now)))).toBeLessThanOrEqual(1);
        const later = now + 10n ** 9n;
        expect(deltaNsAt(after, String(later)) - deltaNsAt(after, String(now))).toBeCloseTo(ppm * 1000, 0);
      }),
    );
  });

  it("a jump moves the clock by as much at all later times", () => {
    fc.assert(
      fc.property(shift, trueNs, fc.integer({ min: -300_000, max: 300_000 }), (before, now, byMs) => {
        const moved = deltaNsAt(bumped(before, byMs), String(now)) - deltaNsAt(before, String(now));
        expect(Math.abs(moved - byMs * 1e6)).toBeLessThanOrEqual(64);
      }),
    );
  });
});
