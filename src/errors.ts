/** What went wrong, in a word: the command line turns it into an exit code. */
export type ErrorCode =
  | "usage" // the user asked for something that cannot be: exit 254
  | "environment" // this machine or a node lacks something: exit 254
  | "connect" // a node cannot be reached, or its key is wrong
  | "remote" // a command on a node ended badly
  | "indeterminate" // the connection broke before the outcome was known
  | "timeout" // a bound was reached
  | "aborted" // somebody asked to stop
  | "setup" // the database did not come up: the lifecycle tries again
  | "generator" // a generator threw, or gave what is no operation
  | "client" // a client or nemesis broke its contract
  | "stalled" // the run made no progress
  | "disk" // the history could not be written
  | "corrupt" // a stored file cannot be read
  | "internal"; // a defect of the harness

/** Structured facts for logs and `--json`: node, command, exitCode, stderr, file, line … */
export type ErrorData = Readonly<Record<string, unknown>>;

/** The one error class: a code, a human sentence that says what to do, structured data, and a cause. */
export class JepsenError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, sentence: string, data: ErrorData = {}, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.name = "JepsenError";
    this.code = code;
    this.data = data;
  }
}

/** The sentence of any thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether it is a JepsenError, optionally of one of these codes. */
export function isJepsenError(error: unknown, ...codes: readonly ErrorCode[]): error is JepsenError {
  return error instanceof JepsenError && (codes.length === 0 || codes.includes(error.code));
}
