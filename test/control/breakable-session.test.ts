import { expect, test } from "vitest";
import { breakableSession } from "../../src/control/breakable-session.ts";
import type { ExecOptions, Session } from "../../src/test.ts";

test("a breakable session gives every command its signal, beside the command's own", async () => {
  const seen: (ExecOptions | undefined)[] = [];
  const session = {
    node: "n1",
    exec: async (_argv: readonly string[], options?: ExecOptions) => {
      seen.push(options);
      return { code: 0, stdout: "", stderr: "" };
    },
  } as unknown as Session;
  const [outer, own] = [new AbortController(), new AbortController()];
  const breakable = breakableSession(session, outer.signal);
  await breakable.exec(["true"], { stdin: "x", signal: own.signal });
  await breakable.exec(["true"]);
  expect(seen.map((options) => options?.stdin)).toEqual(["x", undefined]);
  own.abort();
  expect(seen.map((options) => options?.signal?.aborted)).toEqual([true, false]);
  outer.abort();
  expect(seen[1]?.signal?.aborted).toBe(true);
});
