import { z } from "zod";
import { parse } from "../src/parse.ts";

/** What a suite's own fault that strikes one node may say: whom, in the order in which they are thought of. */
export function candidatesSchema(nodes: readonly string[]) {
  const some = z.array(z.enum(nodes)).min(1).optional();
  /** A script says `nodes`, the generator draws `order`. */
  return z.strictObject({ nodes: some, order: some }).optional();
}

/** The candidates for one strike in their order, all nodes when none are named; undefined when the value makes no sense. */
export function candidates(nodes: readonly string[], value: unknown): readonly string[] | undefined {
  const parsed = parse(candidatesSchema(nodes), value ?? undefined);
  return parsed.ok ? (parsed.data?.nodes ?? parsed.data?.order ?? nodes) : undefined;
}
