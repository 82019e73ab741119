import { JepsenError } from "../errors.ts";

/** What others wait for as well: an abort ends only this wait, with JepsenError "aborted" and this sentence. */
export function orAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined, sentence: string): Promise<T> {
  if (!signal) return shared;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new JepsenError("aborted", sentence, {}, signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const dispose = () => signal.removeEventListener("abort", onAbort);
    shared.then(resolve, reject).then(dispose, dispose);
  });
}
