import { describe, expect, it } from "vitest";
import { answerError, connectionError, failed } from "../../../workloads/etcd/errors.ts";

const answer = (status: number, body: unknown) => ({ status, body, dateMs: undefined });

describe("what etcd answers", () => {
  it("is no error at status 200", () => {
    expect(answerError(answer(200, { header: {} }))).toBeUndefined();
  });

  it.each([
    [14, "etcdserver: request timed out", "server-timeout", false],
    [14, "etcdserver: leader changed", "leader-changed", false],
    [14, "etcdserver: no leader", "no-leader", false],
    [2, "etcdserver: too many requests", "too-many-requests", true],
    [8, "etcdserver: mvcc: database space exceeded", "no-space", true],
    [3, "etcdserver: duplicate key given in txn request", "invalid-argument", true],
    [13, "something new", "unknown-answer", false],
  ])("code %i, %s", (code, message, name, definite) => {
    expect(answerError(answer(503, { code, message }))).toEqual({ code: name, message, definite });
  });

  it("is indefinite when it is not the gateway's own", () => {
    expect(answerError(answer(502, { message: "Bad Gateway" }))).toMatchObject({ definite: false });
  });
});

describe("a broken connection", () => {
  it.each([
    ["ECONNREFUSED", true],
    ["UND_ERR_CONNECT_TIMEOUT", true],
    ["ECONNRESET", false],
    ["UND_ERR_SOCKET", false],
    ["UND_ERR_HEADERS_TIMEOUT", false],
  ])("%s is definite: %s", (code, definite) => {
    expect(connectionError(Object.assign(new Error(code), { code })).definite).toBe(definite);
  });

  it("that nobody has heard of is indefinite", () => {
    expect(connectionError(new Error("?"))).toMatchObject({ code: "unknown-error", definite: false });
  });
});

describe("the completion", () => {
  const unclear = { code: "timeout", definite: false };

  it("of a write whose outcome is unclear is info, of a read fail", () => {
    expect(failed(unclear, false).type).toBe("info");
    expect(failed(unclear, true).type).toBe("fail");
  });

  it("of what certainly did not happen is fail", () => {
    expect(failed({ code: "connection-refused", definite: true }, false).type).toBe("fail");
  });
});
