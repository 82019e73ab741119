import { JepsenError } from "../errors.ts";
import { showValue } from "../history/value.ts";

/**
 * What an operation `f` puts into a queue or a stack. Throws JepsenError "usage" for null and nothing: they are the answer
 * of one that is empty, so that taking such a value could not be told from finding none.
 */
export function queuedValue(f: string, value: unknown): unknown {
  if (value !== null && value !== undefined) return value;
  throw new JepsenError(
    "usage",
    `A queue or stack takes any value but null, which it answers when it is empty; this history has ${f} ${showValue(value)}.`,
  );
}
