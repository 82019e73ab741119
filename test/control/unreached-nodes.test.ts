import { expect, test } from "vitest";
import { UnreachedNodes } from "../../src/control/unreached-nodes.ts";
import { type ErrorCode, JepsenError } from "../../src/errors.ts";
import type { ExecOptions, Session } from "../../src/test.ts";

const REFUSED = new JepsenError("connect", "Cannot reach n1 (root@h:22): refused.", { node: "n1", host: "h" });

/** A session whose commands fail as the test says, or wait until they are broken off where it says nothing. */
class Moody {
  readonly node = "n1";
  commands = 0;
  error: JepsenError | "none" | "waits" = "none";

  exec(_argv: readonly string[], { signal }: ExecOptions = {}) {
    this.commands++;
    if (this.error === "none") return Promise.resolve({ code: 0, stdout: "", stderr: "" });
    if (this.error !== "waits") return Promise.reject(this.error);
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(new JepsenError("aborted", "It was broken off."))),
    );
  }
}

function watching() {
  const said: string[] = [];
  const unreached = new UnreachedNodes((line) => said.push(line));
  const moody = new Moody();
  const session = moody as unknown as Session;
  return { said, unreached, moody, session, watched: unreached.watched(session) };
}

test("a node that could not be reached is found out once: for what is under way, and for what comes", async () => {
  const { said, unreached, moody, watched } = watching();
  moody.error = "waits";
  const underWay = watched.exec(["sleep"]);
  moody.error = REFUSED;
  await expect(watched.exec(["true"])).rejects.toBe(REFUSED);
  const unreachable = { code: "connect", message: "Node n1 cannot be reached.", data: { node: "n1" } };
  await expect(underWay).rejects.toMatchObject(unreachable);
  await expect(watched.exec(["true"])).rejects.toMatchObject(unreachable);
  expect(moody.commands).toBe(2);
  expect(unreached.why("n1")).toBe(REFUSED.message);
  expect(said).toEqual([`Node n1 is left alone until it answers again: ${REFUSED.message}`]);
});

test("one that answers again is used again, until it is to be remembered", async () => {
  const { said, unreached, moody, session, watched } = watching();
  moody.error = REFUSED;
  await watched.exec(["true"]).catch(() => {});
  expect(await unreached.look(session)).toBe(false);
  moody.error = "none";
  expect(await unreached.look(session)).toBe(true);
  expect(said.at(-1)).toBe("Node n1 answers again.");
  expect((await watched.exec(["true"])).code).toBe(0);

  unreached.remember();
  moody.error = REFUSED;
  await watched.exec(["true"]).catch(() => {});
  expect(said.at(-1)).toBe(`Node n1 is left alone from now on: ${REFUSED.message}`);
  moody.error = "none";
  const before = moody.commands;
  expect(await unreached.look(session)).toBe(false);
  expect(moody.commands).toBe(before);
});

test.each(["timeout", "indeterminate", "remote"] as ErrorCode[])(
  "a command that ended with %s makes no node unreached",
  async (code) => {
    const { said, unreached, moody, watched } = watching();
    moody.error = new JepsenError(code, "It failed.", { node: "n1" });
    await expect(watched.exec(["true"])).rejects.toBe(moody.error);
    expect(unreached.has("n1")).toBe(false);
    expect(said).toEqual([]);
  },
);
