import { describe, expect, it } from "vitest";
import { z } from "zod";
import { helperScript, runHelper } from "../../../nemesis/clock/helper.ts";
import { FakeSession } from "./fake-session.ts";

const schema = z.object({ a: z.number() });
const run = (answer: object) => runHelper(new FakeSession("n1", () => answer), "vdso-helper", ["read"], schema);

describe("runHelper", () => {
  it("sends the program itself and returns its answer", async () => {
    const session = new FakeSession("n1", () => ({ stdout: '{"a": 1}\n' }));
    expect(await runHelper(session, "vdso-helper", ["read", "--pid=5"], schema, { timeoutMs: 7 })).toEqual({ a: 1 });
    expect(session.calls[0]?.argv).toEqual(["python3", "-", "read", "--pid=5"]);
    expect(session.calls[0]?.options?.timeoutMs).toBe(7);
    expect(session.calls[0]?.options?.stdin).toContain("def main():");
  });

  it("takes an answer in which some process could not be treated", async () => {
    expect(await run({ code: 3, stdout: '{"a": 1}' })).toEqual({ a: 1 });
  });

  it.each([
    [{ code: 127, stderr: "sh: python3: not found" }, "environment", /lacks python3.*install it there/],
    [{ code: 1, stdout: '{"error": "It cannot be."}' }, "environment", /^Clock fault on n1: It cannot be\.$/],
    [{ code: 1, stderr: "Traceback\nKeyError: 'x'\n" }, "remote", /KeyError: 'x'/],
    [{ code: 0, stdout: '{"b": 1}' }, "remote", /not understood/],
    [{ code: 2, stdout: '{"a": 1}' }, "remote", /not understood/],
    [{ code: 0 }, "remote", /it said nothing/],
  ])("says what is wrong with %j", async (answer, code, message) => {
    await expect(run(answer)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("helperScript", () => {
  it("carries the program and quotes what it is given", () => {
    const script = helperScript("kernel-helper", ["reset", '--baseline={"a": "it\'s"}']);
    expect(script).toMatch(/^python3 - reset '--baseline=\{"a": "it'\\''s"\}' <<'END_OF_CLOCK_HELPER'\n/);
    expect(script).toMatch(/\nEND_OF_CLOCK_HELPER\n$/);
    expect(script.match(/^END_OF_CLOCK_HELPER$/gm)).toHaveLength(1);
  });
});
