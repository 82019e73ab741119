import type { z } from "zod";
import { hasStartHooks, showsClock } from "../../src/abilities.ts";
import { sleep } from "../../src/clock.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { JepsenError, messageOf } from "../../src/errors.ts";
import type { Completion, Evidence, Invocation, Nemesis, Test } from "../../src/test.ts";
import { type ChosenClock, chooseClocks } from "./choose-clock.ts";
import { type ClockEvidence, type ClockSurvey, middle, readNode, surveyClocks } from "./clock-evidence.ts";
import { bumpValue, describeClock, driftValue, resetValue, strobeValue } from "./clock-value.ts";
import { ControlClock } from "./control-clock.ts";
import { askDatabase } from "./database-clock.ts";
import type { NodeClock, Strobe } from "./node-clock.ts";
import { bumped, deltaNsAt, drifting, type Shift } from "./shift.ts";
import { ShiftsInForce } from "./shifts-in-force.ts";
import { judgeStrobe, type StrobeFinding, watchStrobe } from "./strobe-evidence.ts";

/** A process that starts gets its shift within milliseconds, and tells its time somewhat later. */
const MEASUREMENTS_MAX = 4;
const MEASURE_PAUSE_MS = 250;

/** Why a node was left out on which a process had been found a moment before. */
const ENDED = "its processes ended just then";

/**
 * Makes the database's clocks wrong on some nodes, and measures that they are and that no other is.
 *
 * - `bump-clock` `{ n2: 60000 }`: the clock jumps by so many milliseconds, from wherever it is.
 * - `drift-clock` `{ n2: 50000 }`: it gains so many parts per million from now on.
 * - `strobe-clock` `{ n2: { deltaMs, periodMs, durationMs } }`: it jumps there and back, and then is as before.
 * - `reset-clock` `["n2"]`, or nothing for all nodes: it is true again.
 * - `check-clock-offsets`: measures only.
 *
 * Every completion's value is `{ asked, clockOffsets: { n1: seconds, … } }`, of a fault with its description in words, with `skipped: { n3: reason }` for nodes
 * on which there was no clock to shift.
 */
export class ClockNemesis implements Nemesis {
  readonly fs = new Set(["bump-clock", "drift-clock", "strobe-clock", "reset-clock", "check-clock-offsets"]);
  readonly #choose: (test: Test) => Promise<ReadonlyMap<string, ChosenClock>>;
  readonly #control: ControlClock;
  readonly #shifts = new ShiftsInForce((node) => this.#clock(node));
  #survey: ClockSurvey | undefined;
  #removeHook: (() => void) | undefined;

  /** `choose` and `control` are replaced in tests only. */
  constructor(
    choose: (test: Test) => Promise<ReadonlyMap<string, ChosenClock>> = chooseClocks,
    control = new ControlClock(),
  ) {
    this.#choose = choose;
    this.#control = control;
  }

  async setup(test: Test): Promise<void> {
    const clocks = await this.#choose(test);
    const initial = await onAllNodes(test.nodes, async (node) => {
      return (await readNode({ control: this.#control, clocks }, node)).bounds;
    });
    this.#survey = { test, control: this.#control, clocks, initial };
    const { db } = test;
    if (hasStartHooks(db)) this.#removeHook = db.onStart((_test, node) => this.#shifts.afterStart(test, node));
  }

  async invoke(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    switch (op.f) {
      case "bump-clock":
        return this.#shift(test, op, bumpValue, signal, async (node, byMs) => bumped(this.#shifts.of(node), byMs));
      case "drift-clock":
        return this.#shift(test, op, driftValue, signal, async (node, ppm) => {
          return drifting(this.#shifts.of(node), ppm, (await this.#clock(node).read(signal)).trueNs);
        });
      case "strobe-clock":
        return this.#strobe(test, op, signal);
      case "reset-clock":
        return this.#reset(test, op, signal);
      default: {
        const lapses = await this.#shifts.lapses(test);
        return complete(op, await this.#measure([], signal), lapses);
      }
    }
  }

  async teardown(test: Test): Promise<void> {
    this.#removeHook?.();
    this.#removeHook = undefined;
    await this.#shifts.end(test, this.#shifts.nodes);
  }

  async #shift(
    test: Test,
    op: Invocation,
    schema: z.ZodType<Record<string, number>>,
    signal: AbortSignal,
    change: (node: string, by: number) => Promise<Shift>,
  ): Promise<Completion> {
    const asked = askedOf(test, op, schema);
    if (!asked) return badValue(op);
    const { ready, skipped } = await this.#ready([...asked.keys()], signal);
    if (ready.length === 0) return nothingDone(skipped);
    const lapses = await this.#shifts.lapses(test);
    const before = this.#shifts.all();
    const outcomes = await onNodes(ready, async (node) => {
      await this.#shifts.begin(test, node, await change(node, asked.get(node) as number));
      await this.#shifts.apply(node, signal);
    });
    signal.throwIfAborted();
    const failures = outcomes.flatMap((each) => ("error" in each ? [`${each.node}: ${messageOf(each.error)}`] : []));
    const measured = await this.#measure(ready, signal);
    const gone = ready.filter((node) => measured.absent.includes(node));
    for (const node of gone) {
      skipped[node] = ENDED;
      await this.#shifts.takeBack(test, node, before.get(node), signal);
    }
    const problems = [...lapses, ...failures];
    if (gone.length === ready.length && measured.proven && problems.length === 0) return nothingDone(skipped);
    return complete(op, measured, problems, skipped);
  }

  async #strobe(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    const asked = askedOf(test, op, strobeValue);
    if (!asked) return badValue(op);
    const { ready, skipped } = await this.#ready([...asked.keys()], signal);
    if (ready.length === 0) return nothingDone(skipped);
    const lapses = [...(await this.#shifts.lapses(test))];
    const shiftedBefore = this.#shifts.nodes;
    const outcomes = await onNodes(ready, (node) => this.#strobeOne(test, node, asked.get(node) as Strobe, signal));
    lapses.push(...(await this.#shifts.lapses(test)));
    const cutOff = outcomes.filter((outcome) => "error" in outcome).map(({ node }) => node);
    // Where nothing else is in force the clock is made true; elsewhere a strobe that was cut off may have left it shifted.
    const still = ready.filter((node) => !shiftedBefore.includes(node));
    await this.#shifts.end(test, still);
    await onAllNodes(
      cutOff.filter((node) => this.#shifts.nodes.includes(node)),
      (node) => this.#shifts.apply(node),
    );
    signal.throwIfAborted();
    const after = await this.#measure([], signal);
    const found = outcomes.map((each) => ("error" in each ? noStrobe(each.node, each.error) : each.value));
    for (const each of found) if (each.skipped !== undefined) skipped[each.node] = each.skipped;
    if (found.every((each) => each.skipped !== undefined) && after.proven && lapses.length === 0)
      return nothingDone(skipped);
    const evidence = {
      ...after,
      summary: [...found.map(({ sentence }) => sentence), `Afterwards: ${after.summary}`].join(" "),
      details: { strobes: Object.fromEntries(found.map(({ node, details }) => [node, details])), after: after.details },
    };
    return complete(op, evidence, [...lapses, ...found.flatMap(({ problems }) => problems)], skipped);
  }

  async #strobeOne(test: Test, node: string, strobe: Strobe, signal: AbortSignal): Promise<StrobeFinding> {
    const { db } = test;
    const clock = this.#clock(node);
    const base = this.#shifts.of(node);
    await this.#shifts.begin(test, node, base);
    const { trueNs } = await clock.read(signal);
    const baseMs = middle(this.#surveyed().initial.get(node)) + deltaNsAt(base, trueNs) / 1e6;
    const over = new AbortController();
    const until = AbortSignal.any([over.signal, signal]);
    const watching = showsClock(db)
      ? watchStrobe(() => askDatabase(test, db, node, this.#control, until), baseMs, strobe.deltaMs, until)
      : Promise.resolve(undefined);
    const strobing = clock.strobe(strobe, signal).finally(() => over.abort());
    const [outcome, seen] = await Promise.all([strobing, watching]);
    return judgeStrobe(node, strobe, outcome, seen);
  }

  async #reset(test: Test, op: Invocation, signal: AbortSignal): Promise<Completion> {
    const { data: asked, success } = resetValue.safeParse(op.value);
    const nodes = asked ?? test.nodes;
    if (!success || !nodes.every((node) => test.nodes.includes(node))) return badValue(op);
    const lapses = await this.#shifts.lapses(test);
    const before = this.#shifts.nodes.length > 0 ? await this.#measure([], signal) : undefined;
    const failures = await this.#shifts.endEach(test, nodes);
    const after = await this.#measure([], signal);
    const problems = [...new Set([...lapses, ...failures])];
    if (!before) return complete(op, after, problems);
    const evidence = {
      ...after,
      proven: before.proven && after.proven,
      summary: `Before: ${before.summary} After: ${after.summary}`,
      details: { before: before.details, after: after.details },
    };
    return complete(op, evidence, problems);
  }

  /** Nodes on which there is a clock to be shifted now, and why there is none on the others. */
  async #ready(nodes: readonly string[], signal: AbortSignal) {
    const outcomes = await onNodes(nodes, async (node) => (await this.#clock(node).read(signal)).clocks.length);
    signal.throwIfAborted();
    const ready: string[] = [];
    const skipped: Record<string, string> = {};
    for (const outcome of outcomes) {
      if ("error" in outcome) skipped[outcome.node] = messageOf(outcome.error);
      else if (outcome.value === 0) skipped[outcome.node] = "no process of the database runs there";
      else ready.push(outcome.node);
    }
    return { ready, skipped };
  }

  /** Measures again while there are doubts: another fault may have ended or started a process in the middle of it. */
  async #measure(fresh: readonly string[], signal: AbortSignal): Promise<ClockEvidence> {
    for (let left = MEASUREMENTS_MAX - 1; ; left--) {
      const evidence = await surveyClocks(this.#surveyed(), this.#shifts.all(), fresh, signal);
      if (evidence.proven || left === 0) return evidence;
      await sleep(MEASURE_PAUSE_MS, signal);
    }
  }

  #surveyed(): ClockSurvey {
    if (!this.#survey) throw new JepsenError("internal", "The clock nemesis was not set up.");
    return this.#survey;
  }

  #clock(node: string): NodeClock {
    const chosen = this.#surveyed().clocks.get(node);
    if (!chosen) throw new JepsenError("internal", `The clock nemesis does not know node ${node}.`, { node });
    return chosen.clock;
  }
}

/** The operation's value, by node of this test; undefined when it is not one. */
function askedOf<T>(test: Test, op: Invocation, schema: z.ZodType<Record<string, T>>): Map<string, T> | undefined {
  const entries = Object.entries(schema.safeParse(op.value).data ?? {});
  const isOne = entries.length > 0 && entries.every(([node]) => test.nodes.includes(node));
  return isOne ? new Map(entries) : undefined;
}

/** A fault is ok only if it was measured, and nothing of what was in force before it had ended by itself. */
function complete(
  op: Invocation,
  { offsets, absent: _absent, ...measured }: ClockEvidence,
  problems: readonly string[],
  skipped: Readonly<Record<string, string>> = {},
): Completion {
  const evidence: Evidence = {
    ...measured,
    proven: measured.proven && problems.length === 0,
    summary: [...problems, measured.summary].join(" "),
  };
  const description = describeClock(op.f, op.value);
  return {
    type: evidence.proven ? "ok" : "info",
    value: {
      ...(description === undefined ? {} : { description }),
      asked: op.value ?? null,
      clockOffsets: offsets,
      ...(Object.keys(skipped).length > 0 ? { skipped } : {}),
    },
    evidence,
    ...(evidence.proven ? {} : { error: { code: "unproven", message: evidence.summary } }),
  };
}

function nothingDone(skipped: Readonly<Record<string, string>>): Completion {
  const reasons = Object.entries(skipped).map(([node, reason]) => `${node}: ${reason}`);
  return { type: "fail", error: { code: "skipped", message: reasons.join("; ") } };
}

/** Nothing was done for a value that says nothing: a script's mistake is told, and is no doubt. */
function badValue(op: Invocation): Completion {
  const message = `${op.f} cannot be done with ${JSON.stringify(op.value)} on these nodes.`;
  return { type: "fail", error: { code: "bad-value", message } };
}

function noStrobe(node: string, error: unknown): StrobeFinding {
  const sentence = `The strobe on ${node} failed: ${messageOf(error)}`;
  return { node, problems: [sentence], sentence, details: { problem: messageOf(error) } };
}
