import type { Completion, OpError } from "../../src/test.ts";

/** Why a RADOS operation did not succeed. `definite`: it certainly changed nothing. */
export interface RadosError extends OpError {
  /** The errno's name, or "timeout", "agent-gone", "no-agent". */
  readonly code: string;
  readonly definite: boolean;
}

/**
 * Errors by which an OSD refuses an operation before it carries it out, or the library before it sends it. Everything
 * else is indefinite: ETIMEDOUT is the library's own impatience while the operation may be on its way, and ENOSPC, EIO,
 * EBUSY and ESHUTDOWN say nothing about an operation that was sent again after the map had changed.
 */
const DEFINITE: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EINVAL", "ENAMETOOLONG", "EOPNOTSUPP"]);

/** The error for an errno; `begun` false: the cluster was never reached. */
export function radosError(errno: string, message: string, begun: boolean): RadosError {
  return { code: errno, message, definite: !begun || DEFINITE.has(errno) };
}

/** The completion for an error. A read without an answer changed nothing. */
export function failed({ code, message, definite }: RadosError, isRead: boolean): Completion {
  return { type: definite || isRead ? "fail" : "info", error: message === undefined ? { code } : { code, message } };
}
