/** What checkers found to be impossible, with the operations that make it so. */

import { z } from "zod";
import type { Operation } from "../src/history/pairs.ts";
import { checkRowsOf } from "./checks.ts";
import type { ReportResults } from "./report-input.ts";

/** An operation's part in a contradiction. */
export interface Part {
  readonly operation: Operation;
  /** Whether its end takes part: that it had completed, and with what. Otherwise it is enough that it may have happened. */
  readonly ends: boolean;
}

/** Why a history is impossible, with the operations to look at. */
export interface Contradiction {
  /** The checker that found it. */
  readonly checker: string;
  /** The independent key it is about, as text. */
  readonly key?: string;
  /** Why, in words. */
  readonly sentence: string;
  /** In the order of their invocation. */
  readonly parts: readonly Part[];
  /**
   * `minimal`: its parts contradict each other, and none of them can be weakened · `contradiction`: they contradict each
   * other · `stuck`: they are the last operations up to the one that no order explains, which depends on earlier ones too.
   */
  readonly kind: "minimal" | "contradiction" | "stuck";
  /** States that were possible right before, and why none of them goes on. */
  readonly states: readonly { readonly state: string; readonly reason: string }[];
}

/** Values of a result that are looked at in the search for contradictions. */
const VISITED_MAX = 100_000;

const viewSchema = z.object({ invoked: z.int(), completed: z.int().optional() });

/** What the linearizability checker says of one object, as far as the report needs it. */
const failureSchema = z.object({
  key: z.union([z.string(), z.number()]).nullish(),
  sentence: z.string().optional(),
  operation: viewSchema.optional(),
  prefix: z.object({ last: z.array(viewSchema) }).optional(),
  states: z.array(z.object({ state: z.string(), reason: z.string() })).optional(),
  contradiction: z
    .object({ indexes: z.array(z.int()), sentence: z.string(), minimal: z.boolean().optional() })
    .optional(),
});

type Failure = z.infer<typeof failureSchema>;

interface Found {
  readonly failure: Failure;
  readonly key: unknown;
}

/** Every failure in a checker's own result, wherever it stands, with the key of the record around it. */
function failuresIn(root: unknown): Found[] {
  const out: Found[] = [];
  const stack: { readonly value: unknown; readonly key: unknown }[] = [{ value: root, key: undefined }];
  for (let visited = 0; stack.length > 0 && visited < VISITED_MAX; visited++) {
    const { value, key } = stack.pop() as { value: unknown; key: unknown };
    if (typeof value !== "object" || value === null) continue;
    const ownKey = (value as { key?: unknown }).key ?? key;
    if ("contradiction" in value || ("sentence" in value && "operation" in value)) {
      const parsed = failureSchema.safeParse(value);
      if (parsed.success) {
        out.push({ failure: parsed.data, key: ownKey });
        continue;
      }
    }
    for (const inner of Object.values(value).slice(0, VISITED_MAX)) stack.push({ value: inner, key: ownKey });
  }
  return out;
}

/** Operations by the index of their invocation and of their completion. */
function byIndex(operations: readonly Operation[]): Map<number, Operation> {
  const map = new Map<number, Operation>();
  for (const operation of operations) {
    map.set(operation.invoke.index, operation);
    if (operation.completion) map.set(operation.completion.index, operation);
  }
  return map;
}

/** The events that a failure is about: those of the contradiction, or where the search got stuck and what came before. */
function indexesOf({ contradiction, operation, prefix }: Failure): readonly number[] {
  if (contradiction) return contradiction.indexes;
  const views = [...(prefix?.last ?? []), ...(operation ? [operation] : [])];
  return views.flatMap(({ invoked, completed }) => (completed === undefined ? [invoked] : [invoked, completed]));
}

function kindOf({ contradiction }: Failure): Contradiction["kind"] {
  if (contradiction === undefined) return "stuck";
  return contradiction.minimal === true ? "minimal" : "contradiction";
}

/** All contradictions of the invalid checkers, the one that was complete earliest first. */
export function contradictionsOf(
  results: ReportResults | undefined,
  operations: readonly Operation[],
): readonly Contradiction[] {
  const rows = checkRowsOf(results).filter(({ result }) => result.valid === false);
  const all = rows.flatMap(({ name, result }) => failuresIn(result).map((found) => ({ ...found, checker: name })));
  if (all.length === 0) return [];
  const map = byIndex(operations);
  const out = all.map(({ failure, key, checker }): Contradiction => {
    const indexes = new Set(indexesOf(failure));
    const involved = new Set([...indexes].flatMap((index) => map.get(index) ?? []));
    const parts = [...involved]
      .sort((a, b) => a.invoke.index - b.invoke.index)
      .map((operation) => ({ operation, ends: indexes.has(operation.completion?.index ?? -1) }));
    const keyText = key ?? parts[0]?.operation.invoke.key;
    return {
      checker,
      sentence: failure.contradiction?.sentence ?? failure.sentence ?? "The checker gave no reason.",
      parts,
      kind: kindOf(failure),
      states: failure.states ?? [],
      ...(keyText !== undefined && { key: String(keyText) }),
    };
  });
  return out.sort((a, b) => lastIndex(a) - lastIndex(b));
}

/** When everything that contradicts itself had been seen. */
function lastIndex({ parts }: Contradiction): number {
  return parts.reduce(
    (last, { operation, ends }) =>
      Math.max(last, (ends ? operation.completion : undefined)?.index ?? operation.invoke.index),
    0,
  );
}
