import { setMaxListeners } from "node:events";
import type { Session } from "../test.ts";

/** The same session for work that may be given up: the signal breaks off what runs, and nothing begins any more. */
export function breakableSession(session: Session, signal: AbortSignal): Session {
  setMaxListeners(0, signal); // one for each command that runs: no leak
  const withSignal = <Options extends { readonly signal?: AbortSignal }>(options: Options | undefined) => ({
    ...(options as Options),
    signal: options?.signal ? AbortSignal.any([options.signal, signal]) : signal,
  });
  return {
    node: session.node,
    exec: (argv, options) => session.exec(argv, withSignal(options)),
    spawn: (argv, options) => session.spawn(argv, withSignal(options)),
    upload: (from, to, options) => session.upload(from, to, withSignal(options)),
    download: (from, to, options) => session.download(from, to, withSignal(options)),
    close: () => session.close(),
  };
}
