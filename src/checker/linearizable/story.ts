/** An explanation in words. */

import type { Group } from "./group.ts";
import type { Contradiction, OperationView, StuckState } from "./result.ts";

/** A contradiction of more operations is not told as a story. */
const STORY_MAX = 6;
const REASONS_MAX = 3;

/** What is known of the place where an object stops being linearizable. */
interface Place {
  readonly operation: OperationView;
  readonly exact: boolean;
  readonly states: readonly StuckState[];
  readonly contradiction: Contradiction | undefined;
}

/** Why a group is not linearizable. A short contradiction tells more than the place where it shows. */
export function failureSentence(group: Group, object: string, place: Place): string {
  const { operation, exact, states, contradiction } = place;
  if (contradiction !== undefined && contradiction.operations.length <= STORY_MAX) {
    return `${where(group)}${contradiction.sentence}`;
  }
  const at = `${where(group)}${named(operation)} cannot be put in order${exact ? "" : ", or something before it"}`;
  if (states.length === 0) return `${at}.`;
  const names = states.slice(0, REASONS_MAX).map(({ state }) => state);
  const only = `${names.join(" or ")}${states.length > REASONS_MAX ? " or one of some others" : ""}`;
  return `${at}: after all that completed before it, the ${object} can only be ${only}; ${states[0]?.reason}.`;
}

/** The story of a contradiction: what happened in which order, and why the last of it does not fit. */
export function contradictionSentence(operations: readonly OperationView[], reasons: readonly string[]): string {
  if (operations.length === 1)
    return `${named(operations[0] as OperationView)} is impossible at any moment${why(reasons)}.`;
  const told = operations.length <= STORY_MAX ? operations : [operations[0] as OperationView, ...operations.slice(-3)];
  const story = told.map((operation, i) => {
    const before = told[i - 1];
    if (before === undefined) return named(operation);
    const skipped = i === 1 ? operations.length - told.length : 0;
    const others = skipped > 0 ? `${skipped} other operations, ` : "";
    return `${others}${(before.completed as number) < operation.invoked ? "then" : "and meanwhile"} ${named(operation)}`;
  });
  return `${story.join(", ")}: in no order do they fit${why(reasons)}.`;
}

/** Many reasons mean that much else may have happened meanwhile: then one of them stands for all. */
function why(reasons: readonly string[]): string {
  if (reasons.length <= REASONS_MAX) return reasons.length === 0 ? "" : `: ${reasons.join("; or ")}`;
  return `, whatever else happened meanwhile; for one, ${reasons[0]}`;
}

/** `write 2 by process 0 (#4–#7)`. */
function named(operation: OperationView): string {
  return `${operation.text} by process ${operation.process} (#${operation.invoked}–#${operation.completed ?? "?"})`;
}

/** Where it is: `Key "a", part 3: `; nothing for the only object of a history. Names of parts are text already. */
function where({ key, part }: Group): string {
  const names = [
    ...(key === undefined ? [] : [`key ${JSON.stringify(key)}`]),
    ...(part === undefined ? [] : [`part ${part}`]),
  ].join(", ");
  return names === "" ? "" : `${names[0]?.toUpperCase()}${names.slice(1)}: `;
}
