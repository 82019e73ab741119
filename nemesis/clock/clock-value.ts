import { z } from "zod";
import { OFFSET_MS_MAX, RATE_PPM_MAX } from "./shift.ts";

/** A strobe holds the lane of the clock fault for its duration, which is bounded. */
export const STROBE_MS_MAX = 32_000;

const offsetMs = z.number().min(-OFFSET_MS_MAX).max(OFFSET_MS_MAX);

/** The values of the operations, by node. */
export const bumpValue = z.record(z.string(), offsetMs);
export const driftValue = z.record(z.string(), z.number().min(-RATE_PPM_MAX).max(RATE_PPM_MAX));
export const strobeValue = z.record(
  z.string(),
  z.strictObject({
    deltaMs: offsetMs,
    periodMs: z.number().min(1).max(STROBE_MS_MAX),
    durationMs: z.number().min(0).max(STROBE_MS_MAX),
  }),
);
/** Nothing: all nodes. */
export const resetValue = z.array(z.string()).nullish();

/** What each operation of the family may say about these nodes. */
export function clockValues(nodes: readonly string[]): Readonly<Record<string, z.ZodType>> {
  const byNode = <T>(schema: z.ZodType<Record<string, T>>) =>
    schema.superRefine((value, ctx) => {
      const unknown = Object.keys(value).find((node) => !nodes.includes(node));
      if (unknown !== undefined || Object.keys(value).length === 0)
        ctx.addIssue({ code: "custom", message: `there is no node ${unknown ?? "in it"}, but ${nodes.join(", ")}` });
    });
  return {
    "bump-clock": byNode(bumpValue),
    "drift-clock": byNode(driftValue),
    "strobe-clock": byNode(strobeValue),
    "reset-clock": z.array(z.enum(nodes)).nullish(),
  };
}

/** `{ n2: 60000 }`: by how many milliseconds each node's clock jumps. */
export type BumpValue = z.infer<typeof bumpValue>;
/** `{ n2: 50000 }`: how many parts per million each node's clock gains. */
export type DriftValue = z.infer<typeof driftValue>;
/** `{ n2: { deltaMs: 4, periodMs: 1, durationMs: 500 } }`. */
export type StrobeValue = z.infer<typeof strobeValue>;
/** The nodes whose clocks are set right. */
export type ResetValue = z.infer<typeof resetValue>;

/** What a fault does to the clocks, in words; undefined for operations that undo or measure. */
export function describeClock(f: string, value: unknown): string | undefined {
  const each = <T>(values: Readonly<Record<string, T>>, words: (one: T) => string) =>
    Object.entries(values)
      .map(([node, one]) => `${node} ${words(one)}`)
      .join(", ");
  const sign = (number: number) => (number < 0 ? "" : "+");
  switch (f) {
    case "bump-clock":
      return each(value as BumpValue, (ms) => `${sign(ms)}${ms / 1000} s`);
    case "drift-clock":
      return each(value as DriftValue, (ppm) => `${sign(ppm)}${ppm} ppm`);
    case "strobe-clock":
      return each(value as StrobeValue, ({ deltaMs, periodMs }) => `by ${deltaMs} ms every ${periodMs} ms`);
    default:
      return undefined;
  }
}
