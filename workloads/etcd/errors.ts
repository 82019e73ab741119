import type { Completion, OpError } from "../../src/test.ts";
import type { GatewayAnswer } from "./http.ts";

/** What an error says about the operation: `definite`: it certainly did not happen. */
export interface EtcdError extends OpError {
  readonly definite: boolean;
}

/**
 * Errors that etcd's gateway answers, by gRPC code and the beginning of the message; the first row that fits counts.
 * Definite are only those that a member gives before it proposes anything to Raft. An unavailable leader, a timeout
 * and everything not listed is indefinite: the proposal may already be on its way.
 */
const ANSWERS: readonly {
  readonly grpc?: number;
  readonly message?: string;
  readonly code: string;
  readonly definite: boolean;
}[] = [
  { grpc: 3, code: "invalid-argument", definite: true },
  { grpc: 5, message: "etcdserver: requested lease not found", code: "lease-not-found", definite: true },
  { grpc: 7, code: "permission-denied", definite: true },
  // refused before it is proposed; etcd 3.4 gives it the code "unknown"
  { message: "etcdserver: too many requests", code: "too-many-requests", definite: true },
  { grpc: 8, message: "etcdserver: mvcc: database space exceeded", code: "no-space", definite: true },
  { grpc: 11, message: "etcdserver: mvcc: required revision has been compacted", code: "compacted", definite: true },
  { grpc: 12, code: "unimplemented", definite: true },
  { grpc: 16, code: "unauthenticated", definite: true },
  { grpc: 14, message: "etcdserver: no leader", code: "no-leader", definite: false },
  { grpc: 14, message: "etcdserver: leader changed", code: "leader-changed", definite: false },
  { grpc: 14, message: "etcdserver: server stopped", code: "server-stopped", definite: false },
  { grpc: 14, message: "etcdserver: request timed out", code: "server-timeout", definite: false },
  { grpc: 14, code: "unavailable", definite: false },
  { grpc: 4, code: "deadline-exceeded", definite: false },
  { grpc: 1, code: "cancelled", definite: false },
];

/**
 * Errors of the connection, by undici's or the system's code. Definite are those that say that no connection was ever
 * made, so that no byte of the request can have been sent; a connection that was reset may have carried it.
 */
const CONNECTION: Readonly<Record<string, { readonly code: string; readonly definite: boolean }>> = {
  ECONNREFUSED: { code: "connection-refused", definite: true },
  EHOSTUNREACH: { code: "host-unreachable", definite: true },
  ENETUNREACH: { code: "network-unreachable", definite: true },
  UND_ERR_CONNECT_TIMEOUT: { code: "connect-timeout", definite: true },
  ECONNRESET: { code: "connection-reset", definite: false },
  EPIPE: { code: "connection-reset", definite: false },
  UND_ERR_SOCKET: { code: "connection-closed", definite: false },
  UND_ERR_HEADERS_TIMEOUT: { code: "timeout", definite: false },
  UND_ERR_BODY_TIMEOUT: { code: "timeout", definite: false },
  UND_ERR_ABORTED: { code: "timeout", definite: false },
};

/** The error in an answer; undefined when it is a success. */
export function answerError(answer: GatewayAnswer): EtcdError | undefined {
  if (answer.status === 200) return undefined;
  const body = (answer.body ?? {}) as { code?: unknown; message?: unknown; error?: unknown };
  const message = String(body.message ?? body.error ?? `HTTP status ${answer.status}`);
  const row = ANSWERS.find(
    (one) =>
      (one.grpc === undefined || one.grpc === body.code) &&
      (one.message === undefined || message.startsWith(one.message)),
  );
  return { code: row?.code ?? "unknown-answer", message, definite: row?.definite ?? false };
}

/** The error in a rejected request. */
export function connectionError(error: unknown): EtcdError {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  const row = CONNECTION[code ?? ""];
  if (row) return { ...row, message: message ?? code ?? "" };
  const isTimeout = name === "TimeoutError" || name === "AbortError";
  return { code: isTimeout ? "timeout" : "unknown-error", message: message ?? String(error), definite: false };
}

/** The completion for an error. A read that brought no answer certainly had no effect: it fails. */
export function failed(error: EtcdError, isRead: boolean): Completion {
  const { code, message } = error;
  return {
    type: error.definite || isRead ? "fail" : "info",
    error: message === undefined ? { code } : { code, message },
  };
}
