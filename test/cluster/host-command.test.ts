import { describe, expect, it } from "vitest";
import { hostCommand } from "../../src/cluster/host-command.ts";
import type { JepsenError } from "../../src/errors.ts";

const failure = (running: Promise<unknown>) => running.catch((error: unknown) => error) as Promise<JepsenError>;

describe("hostCommand", () => {
  it("hands over stdin, and answers with stdout", async () => {
    expect(await hostCommand(["cat"], { stdin: "a\nb" })).toBe("a\nb");
  });

  it("does not mind a program that does not read its stdin", async () => {
    expect(await hostCommand(["true"], { stdin: "x".repeat(1 << 20) })).toBe("");
  });

  it("says how a program ended that failed, with the end of its stderr", async () => {
    const error = await failure(hostCommand(["sh", "-c", "echo no >&2; exit 3"]));
    expect(error).toMatchObject({ code: "environment", data: { exitCode: 3, stderr: "no\n" } });
    expect(error.message).toContain("exit code 3");
  });

  it("says which program is missing", async () => {
    const error = await failure(hostCommand(["no-such-program-here"]));
    expect(error).toMatchObject({ code: "environment" });
    expect(error.message).toContain('lacks the program "no-such-program-here"');
  });

  it("kills a program that takes too long, and one that is no longer wanted", async () => {
    expect(await failure(hostCommand(["sleep", "60"], { timeoutMs: 20 }))).toMatchObject({ code: "timeout" });
    const aborting = new AbortController();
    const running = failure(hostCommand(["sleep", "60"], { signal: aborting.signal }));
    aborting.abort();
    expect(await running).toMatchObject({ code: "aborted" });
  });
});
