import type { OpDraft } from "../test.ts";

/** Says one line in the run's story, once: `[log("phase two"), g]`. Takes no time; is not in the history. */
export function log(message: string): OpDraft {
  return { type: "log", value: message };
}

/**
 * Holds one process for so long, once: `[sleep(5), g]`. Others go on meanwhile: what follows in a list may begin on
 * another thread at once; a pause for everybody is `synchronize` after `sleep` on one thread, or, for a lane, just
 * `lane("kill", [sleep(5), g])`. Is not in the history.
 */
export function sleep(seconds: number): OpDraft {
  return { type: "sleep", value: seconds };
}
