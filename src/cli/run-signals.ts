import { JepsenError } from "../errors.ts";
import type { RunSignals } from "../run-plan.ts";
import type { Story } from "./story.ts";

/** The first Ctrl-C, SIGTERM or SIGHUP stops in good order, the second at once. */
export function listenToSignals(story: Story): RunSignals & { dispose(): void } {
  const stop = new AbortController();
  const abort = new AbortController();
  const onSignal = (name: string) => {
    if (!stop.signal.aborted) {
      story.line(`${name}: stopping in good order; once more ends at once`);
      stop.abort(new JepsenError("aborted", `Stopped by ${name}.`));
    } else abort.abort(new JepsenError("aborted", `Ended by a second ${name}.`));
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    dispose: () => {
      for (const name of names) process.removeListener(name, onSignal);
    },
  };
}
