import { isJepsenError } from "../errors.ts";
import type { RunOutcome } from "../store/run-record.ts";
import type { Verdict } from "../test.ts";

/** What the program's exit code says. */
export const EXIT = { valid: 0, invalid: 1, unknown: 2, interrupted: 130, usage: 254, harness: 255 } as const;

/** For `--help`. */
export const EXIT_TABLE = `Exit codes:
    0  valid: every check holds
    1  invalid: at least one check is violated, whatever else went wrong
    2  unknown: not decided, or a fault that was asked for never took hold
  130  interrupted before the end, and nothing was found until then
  254  the command cannot be carried out as it was given: see the sentence
  255  the harness failed; the history so far is kept`;

/** Errors that the user can mend before the test has begun. */
export function isUsersToMend(code: string): boolean {
  return code === "usage" || code === "environment" || code === "connect";
}

/** The exit code for an error that ended the program. */
export function exitCodeOf(error: unknown): number {
  return isJepsenError(error) && isUsersToMend(error.code) ? EXIT.usage : EXIT.harness;
}

/** Exit code of one run: invalid, then harness failure, then interrupted, then unknown, then valid. */
export function exitCodeOfRun(valid: Verdict, outcome: RunOutcome | undefined): number {
  if (valid === false) return EXIT.invalid;
  if (outcome?.failure) return EXIT.harness;
  if (outcome?.interrupted) return EXIT.interrupted;
  return valid === "unknown" ? EXIT.unknown : EXIT.valid;
}
