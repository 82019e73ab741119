import type { Completion, OpError } from "../../src/test.ts";
import { isMutation, type Step } from "./steps.ts";

/** Why an operation on files did not succeed. `definite`: nothing that others can see was changed by it. */
export interface FileError extends OpError {
  /** The errno's name, "SHORT" for a write of fewer bytes than asked, "timeout" or "agent-gone" without an answer. */
  readonly code: string;
  readonly definite: boolean;
}

/**
 * Errors by which a call that would change something says that it changed nothing, whatever file system is below: the
 * kernel gives them itself, from the arguments, before it asks the file system. Everything else is indefinite, also
 * EIO, ENOTCONN, EROFS, ENOSPC, ESTALE and ETIMEDOUT: a replicated file system gives them too when some replicas have
 * done the work and too few remain; and EEXIST, ENOENT and EPERM, which may be the answer to a call that the file system
 * itself sent twice.
 */
const DEFINITE: ReadonlySet<string> = new Set([
  "EBADF",
  "EFAULT",
  "ENAMETOOLONG",
  "ELOOP",
  "EMFILE",
  "ENFILE",
  "EXDEV",
]);

/** A failed request in the agent's words: steps before `failed` were done. */
export interface StepFailure {
  readonly failed: number;
  readonly errno: string;
  readonly message: string;
}

/** What a failure says. It is definite while no step that changes anything was begun, or by the errno of the first such step. */
export function failureOf(steps: readonly Step[], failure: StepFailure): FileError {
  const first = steps.findIndex(isMutation);
  const untouched = first === -1 || failure.failed < first;
  const refused = failure.failed === first && DEFINITE.has(failure.errno);
  const step = steps[failure.failed];
  const message = `${step?.[0] ?? "request"}: ${failure.message}`;
  return { code: failure.errno, message, definite: untouched || refused };
}

/** The completion for an error: what may have changed something is `info`. */
export function failed({ code, message, definite }: FileError): Completion {
  return { type: definite ? "fail" : "info", error: message === undefined ? { code } : { code, message } };
}
