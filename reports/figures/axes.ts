/** Scales and ticks of the time figures. */

import { scaleLinear, scaleLog, scaleSymlog } from "d3-scale";
import { durationText } from "../units.ts";

/** A tick and its label. */
export interface Tick {
  readonly px: number;
  readonly label: string;
}

/** Values to pixels, with ticks at round values. */
export interface Axis {
  px(value: number): number;
  readonly ticks: readonly Tick[];
}

const NS_PER_S = 1e9;
const NS_PER_MIN = 60 * NS_PER_S;

/** Time since the start in nanoseconds; ticks in seconds, in minutes for runs of more than five. */
export function timeAxis(untilNs: number, range: readonly [number, number], tickCount: number): Axis {
  const unitNs = untilNs > 5 * NS_PER_MIN ? NS_PER_MIN : NS_PER_S;
  const unit = unitNs === NS_PER_MIN ? "min" : "s";
  const scale = scaleLinear([0, Math.max(untilNs, 1) / unitNs], range);
  const ticks = scale.ticks(tickCount).map((value) => ({ px: scale(value), label: `${value} ${unit}` }));
  return { px: (ns) => scale(ns / unitNs), ticks };
}

/** A span as a tick's label: `10 ms`, not `10.0 ms`. */
function decadeText(ns: number): string {
  return durationText(ns).replace(/\.0+ /, " ");
}

/** Latencies in nanoseconds on a logarithmic scale over whole decades, a tick at each. */
export function latencyAxis(minNs: number, maxNs: number, range: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(Math.max(1, minNs)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, maxNs)) - 1e-9));
  const scale = scaleLog([10 ** low, 10 ** high], range).clamp(true);
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => {
    const ns = 10 ** (low + at);
    return { px: scale(ns), label: decadeText(ns) };
  });
  return { px: (ns) => scale(Math.max(1, ns)), ticks };
}

/** Counts per second, from 0 to a round number. */
export function rateAxis(max: number, range: readonly [number, number], tickCount: number): Axis {
  const scale = scaleLinear([0, Math.max(max, 1)], range).nice(tickCount);
  const format = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const ticks = scale.ticks(tickCount).map((value) => ({ px: scale(value), label: format.format(value) }));
  return { px: scale, ticks };
}

/** Seconds off the truth to either side: nearly linear up to a tenth of a second, in decades beyond. */
export function offsetAxis(furthest: number, range: readonly [number, number]): Axis {
  const top = Math.max(0.1, furthest) * 1.15;
  const scale = scaleSymlog([-top, top], range).constant(0.02);
  const decades = [0.1, 1, 10, 100, 1000].filter((value) => value <= top);
  const ticks = [...decades.map((value) => -value).reverse(), 0, ...decades].map((value) => ({
    px: scale(value),
    label: value === 0 ? "0 s" : `${value > 0 ? "+" : "−"}${Math.abs(value)} s`,
  }));
  return { px: scale, ticks };
}
