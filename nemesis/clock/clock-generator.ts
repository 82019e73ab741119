import type { OpDraft, Random } from "../../src/test.ts";
import { type BumpValue, type DriftValue, STROBE_MS_MAX, type StrobeValue } from "./clock-value.ts";

/** What can be done to a clock, as `--clock` names it. */
export const CLOCK_KINDS = ["bump", "strobe", "drift"] as const;
export type ClockKind = (typeof CLOCK_KINDS)[number];

/**
 * One fault on these nodes, drawn for each of them at Jepsen's sizes (jepsen.nemesis.time): exponents are drawn evenly,
 * so that small shifts, which slip through a system's checks, are as frequent as large ones. A strobe lasts
 * `strobeMsMax` at most.
 */
export function clockFault(
  kind: ClockKind,
  targets: readonly string[],
  random: Random,
  strobeMsMax: number = STROBE_MS_MAX,
): OpDraft {
  const by = <T>(draw: () => T) => Object.fromEntries(targets.map((node) => [node, draw()]));
  switch (kind) {
    case "bump":
      return { f: "bump-clock", value: by(() => bumpMs(random)) satisfies BumpValue };
    case "drift":
      return { f: "drift-clock", value: by(() => driftPpm(random)) satisfies DriftValue };
    case "strobe":
      return { f: "strobe-clock", value: by(() => strobe(random, strobeMsMax)) satisfies StrobeValue };
  }
}

/** ±1.5^6 to 1.5^31 milliseconds: 11 ms to 288 s. */
function bumpMs(random: Random): number {
  return sign(random) * Math.round(power(random, 1.5, 6, 31));
}

/** ±10 to 50 000 parts per million: a good crystal's to a clock that gains 5 %. */
function driftPpm(random: Random): number {
  return sign(random) * Math.round(power(random, 10, 1, Math.log10(50_000)));
}

/** 4 ms to 262 s, there and back every 1 ms to 1 s, for up to 32 s. */
function strobe(random: Random, msMax: number): StrobeValue[string] {
  return {
    deltaMs: Math.round(power(random, 2, 2, 18)),
    periodMs: Math.round(power(random, 2, 0, 10)),
    durationMs: Math.round(random.float() * Math.min(msMax, STROBE_MS_MAX)),
  };
}

function sign(random: Random): number {
  return random.bool() ? 1 : -1;
}

function power(random: Random, base: number, low: number, high: number): number {
  return base ** (low + (high - low) * random.float());
}
