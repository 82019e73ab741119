import { expect, test } from "vitest";
import { NodeGuard } from "../../src/control/node-guard.ts";
import { type ErrorCode, JepsenError } from "../../src/errors.ts";
import { LocalSession } from "../nemesis/local-test.ts";

/** Lets itself be taken; afterwards every command fails as those of a session do, with the command in the sentence. */
class SilentSession extends LocalSession {
  readonly #code: ErrorCode;
  #isTaken = false;

  constructor(code: ErrorCode) {
    super("n1");
    this.#code = code;
  }

  override async exec(argv: readonly string[]) {
    if (this.#isTaken) throw new JepsenError(this.#code, `"${argv.join(" ")}" on n1 failed.`);
    this.#isTaken = true;
    return { code: 0, stdout: "", stderr: "" };
  }
}

test.each([
  ["timeout", "Node n1 does not answer in time."],
  ["indeterminate", "Node n1 was cut off before it answered."],
] as const)("a lease that cannot be renewed (%s) says so in a sentence, not in a script", async (code, message) => {
  const guard = await NodeGuard.take(new SilentSession(code), "run-a", "pid 1", 10);
  await expect(guard.renew()).rejects.toMatchObject({ code, message });
});
