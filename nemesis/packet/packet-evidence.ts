import { describePacket, type Links, type PacketFault } from "./behaviour.ts";
import { type Arrivals, type Load, type Traffic, wireBytes } from "./traffic.ts";

/** A busy machine loses, delays and overtakes a few datagrams by itself. */
const NOISE = 0.03;
/** Standard deviations of a fair count that are still taken as the share asked for. */
const SIGMAS = 5;
const QUICK_MS = 30;

/** The load that shows a fault: small shares need many datagrams, a limited rate needs large ones at once. */
export function loadFor(fault: PacketFault | undefined): Load {
  if (fault?.kind === "rate") return { count: 60, bytes: 1200, gapMs: 0, waitMs: 8_000 };
  const count = fault === undefined ? 200 : Math.min(800, Math.max(200, Math.round(4000 / fault.percent)));
  return {
    count,
    bytes: 100,
    gapMs: 1.5,
    waitMs: fault === undefined ? 1_500 : 1_500 + 4 * (fault.delayMs + fault.jitterMs),
  };
}

function share(count: number, { sent }: Arrivals): number {
  return sent === 0 ? 0 : count / sent;
}

const lost = (arrivals: Arrivals) => Math.max(0, share(arrivals.sent - arrivals.distinct - arrivals.damaged, arrivals));

/** What is expected of a measurement. */
export interface Expected {
  readonly fault: PacketFault | undefined;
  readonly links: Links;
  readonly load: Load;
  /** Measured before any fault. */
  readonly baseline: Traffic;
  /** Silent directions are no other fault's doing. */
  readonly isAlone: boolean;
}

/**
 * Directions that are not as they should be, in words: spoilt ones by the fault, all others not at all. Where another
 * fault may have cut a direction, its silence says nothing; all spoilt ones must not be silent.
 */
export function packetDoubts(traffic: Traffic, { fault, links, load, baseline, isAlone }: Expected): readonly string[] {
  const doubts: string[] = [];
  let spoiltHeard = 0;
  for (const [from, row] of Object.entries(traffic)) {
    for (const [to, arrivals] of Object.entries(row)) {
      const isSpoilt = fault !== undefined && (links[from]?.includes(to) ?? false);
      const backSpoilt = fault !== undefined && (links[to]?.includes(from) ?? false);
      const base = baseline[from]?.[to]?.roundTripMs ?? 0;
      const isToBeSilent = isSpoilt && fault.kind === "loss" && fault.percent === 100;
      if (!isAlone && isSilent(arrivals) && !isToBeSilent) continue;
      if (isSpoilt) spoiltHeard++;
      const said = isSpoilt
        ? notSpoilt(arrivals, fault, backSpoilt, base)
        : notSound(arrivals, base, backSpoilt || fault?.kind === "rate" || !isAlone);
      if (said !== undefined) doubts.push(`${from} to ${to}: ${said}.`);
    }
    if (fault?.kind === "rate" && (links[from]?.length ?? 0) > 0) {
      const said = tooFast(row, links[from] ?? [], fault, load);
      if (said !== undefined) doubts.push(`${from}: ${said}.`);
    }
  }
  if (fault !== undefined && spoiltHeard === 0)
    doubts.push("Nothing at all arrives over the directions that were to be spoilt.");
  return doubts;
}

function isSilent({ distinct, damaged }: Arrivals): boolean {
  return distinct === 0 && damaged === 0;
}

const percent = (value: number) => `${Math.round(value * 1000) / 10} %`;

/** Why a direction does not show the fault. */
function notSpoilt(arrivals: Arrivals, fault: PacketFault, backSpoilt: boolean, baseMs: number): string | undefined {
  const wanted = fault.percent / 100;
  const tolerance = SIGMAS * Math.sqrt((wanted * (1 - wanted)) / Math.max(1, arrivals.sent)) + NOISE;
  switch (fault.kind) {
    case "loss":
      return Math.abs(lost(arrivals) - wanted) > tolerance ? `${percent(lost(arrivals))} were lost` : undefined;
    case "duplicate": {
      const doubled = share(arrivals.doubles, arrivals);
      return Math.abs(doubled - wanted) > tolerance ? `${percent(doubled)} were doubled` : undefined;
    }
    case "reorder": {
      // a datagram that is sent ahead overtakes all that wait: those are counted
      const overtaken = share(arrivals.overtaken, arrivals);
      return overtaken < wanted / 4 ? `${percent(overtaken)} were overtaken` : undefined;
    }
    case "corrupt": {
      // a flipped bit in the headers loses the datagram
      const spoilt = share(arrivals.damaged, arrivals) + lost(arrivals);
      const isShare = Math.abs(spoilt - wanted) <= tolerance && arrivals.damaged > 0;
      return isShare ? undefined : `${percent(share(arrivals.damaged, arrivals))} were damaged`;
    }
    case "delay": {
      const added = (arrivals.roundTripMs ?? 0) - baseMs;
      const expected = fault.delayMs * (backSpoilt ? 2 : 1);
      const slack = fault.jitterMs + 0.2 * expected + 2;
      if (arrivals.roundTripMs === undefined) return "nothing came back";
      return Math.abs(added - expected) > slack + QUICK_MS || added < expected - slack
        ? `the round trip takes ${Math.round(added)} ms more, where ${expected} ms were expected`
        : undefined;
    }
    case "rate":
      return undefined; // its directions are judged together
  }
}

/** Why a direction that should be sound is not. `lame`: its echoes, or its neighbours, are slow by the fault. */
function notSound(arrivals: Arrivals, baseMs: number, lame: boolean): string | undefined {
  if (lost(arrivals) > NOISE) return `${percent(lost(arrivals))} were lost`;
  if (share(arrivals.doubles, arrivals) > NOISE) return `${percent(share(arrivals.doubles, arrivals))} were doubled`;
  if (share(arrivals.damaged, arrivals) > 0) return `${percent(share(arrivals.damaged, arrivals))} were damaged`;
  if (share(arrivals.overtaken, arrivals) > NOISE)
    return `${percent(share(arrivals.overtaken, arrivals))} were overtaken`;
  if (lame) return undefined;
  if (arrivals.roundTripMs === undefined) return "nothing came back";
  const added = arrivals.roundTripMs - baseMs;
  return added > QUICK_MS ? `the round trip takes ${Math.round(added)} ms more` : undefined;
}

/** All spoilt directions of one node share its rate. */
function tooFast(row: Readonly<Record<string, Arrivals>>, to: readonly string[], fault: PacketFault, load: Load) {
  const spoilt = to.flatMap((node) => (row[node] ? [row[node]] : []));
  const spanMs = Math.max(...spoilt.map((each) => each.spanMs));
  const bits = spoilt.reduce((sum, { distinct }) => sum + distinct, 0) * wireBytes(load) * 8;
  const kbit = spanMs > 0 ? bits / spanMs : Number.POSITIVE_INFINITY;
  const isLimited = kbit <= fault.rateKbit * 1.3 && kbit >= fault.rateKbit * 0.3;
  return isLimited ? undefined : `it sent ${Number.isFinite(kbit) ? Math.round(kbit) : "all"} kbit/s`;
}

/** What was measured over the spoilt directions, in one sentence. */
export function packetFinding(traffic: Traffic, fault: PacketFault, links: Links): string {
  const spoilt = Object.entries(links)
    .flatMap(([from, row]) => row.flatMap((to) => traffic[from]?.[to] ?? []))
    .filter((each) => !isSilent(each));
  const range = (of: (arrivals: Arrivals) => number, unit: (value: number) => string) => {
    const values = spoilt.map(of);
    return `${unit(Math.min(...values))} to ${unit(Math.max(...values))}`;
  };
  const ms = (value: number) => `${Math.round(value)} ms`;
  const measured: Record<PacketFault["kind"], () => string> = {
    delay: () => `round trips of ${range(({ roundTripMs }) => roundTripMs ?? 0, ms)}`,
    loss: () => `${range(lost, percent)} lost`,
    duplicate: () => `${range((each) => share(each.doubles, each), percent)} doubled`,
    reorder: () => `${range((each) => share(each.overtaken, each), percent)} overtaken`,
    corrupt: () => `${range((each) => share(each.damaged, each), percent)} damaged`,
    rate: () => `the last of ${spoilt[0]?.sent ?? 0} datagrams after ${range(({ spanMs }) => spanMs, ms)}`,
  };
  return `${describePacket(fault)} over ${spoilt.length} directions: measured were ${measured[fault.kind]()}; the others are sound.`;
}
