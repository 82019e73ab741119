/** The tree of results as rows: one for each checker that answers for itself. */

import type { Result } from "../src/test.ts";
import { visibleText } from "./html.ts";
import type { ReportResults } from "./report-input.ts";
import { countText } from "./units.ts";
import { valueText } from "./value-text.ts";

/** A checker's answer under its full name. */
export interface CheckRow {
  /** Names of the composed checkers around it and its own, ` › ` between them. */
  readonly name: string;
  readonly result: Result;
  /** What it says in plain values beside verdict and summary: counts, names, durations. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

/** Composed results may be composed of composed results; deeper than this is nobody's intention. */
const ROWS_MAX = 200;
const FACTS_MAX = 12;
const FACT_CHARS_MAX = 80;

function isResult(value: unknown): value is ReportResults {
  return typeof value === "object" && value !== null && "valid" in value;
}

/** `okCount` as `ok count`. */
function factName(name: string): string {
  return visibleText(name)
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("-", " ")
    .toLowerCase();
}

function factsOf(result: Result): CheckRow["facts"] {
  return Object.entries(result)
    .filter(
      ([name, value]) =>
        name !== "valid" && name !== "summary" && value !== null && value !== "" && typeof value !== "object",
    )
    .slice(0, FACTS_MAX)
    .map(([name, value]) => ({
      name: factName(name),
      value: typeof value === "number" ? countText(value) : valueText(value, FACT_CHARS_MAX),
    }));
}

/** The checkers of a result, the worst verdicts first, else in the order in which they stand. */
export function checkRowsOf(results: ReportResults | undefined): readonly CheckRow[] {
  if (results === undefined) return [];
  const rows: CheckRow[] = [];
  const stack: { readonly name: string; readonly result: ReportResults }[] = [{ name: "", result: results }];
  while (stack.length > 0 && rows.length < ROWS_MAX) {
    const { name, result } = stack.pop() as { name: string; result: ReportResults };
    const parts = Object.entries(result.checkers ?? {}).filter(([, part]) => isResult(part));
    if (parts.length === 0) {
      rows.push({ name: name === "" ? "check" : name, result, facts: factsOf(result) });
      continue;
    }
    for (const [part, inner] of parts.reverse()) {
      stack.push({ name: name === "" ? part : `${name} › ${part}`, result: inner });
    }
  }
  const rank = ({ result }: CheckRow) => (result.valid === false ? 0 : result.valid === true ? 2 : 1);
  return rows.sort((a, b) => rank(a) - rank(b));
}
