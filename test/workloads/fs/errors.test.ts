import { describe, expect, it } from "vitest";
import { failed, failureOf } from "../../../workloads/fs/errors.ts";
import { FILE, isMutation, type Step, writeSynced } from "../../../workloads/fs/steps.ts";

const append = writeSynced("/f", ["O_CREAT", "O_APPEND"], "x");
const failure = (failed: number, errno: string) => ({ failed, errno, message: "because" });

describe("errors of file operations", () => {
  it.each(["EIO", "ENOTCONN", "ENOENT", "ENOSPC"])(
    "are definite while nothing was changed, whatever they are: %s",
    (errno) => {
      expect(failureOf(append, failure(0, errno))).toMatchObject({ code: errno, definite: true });
    },
  );

  it.each([
    "EIO",
    "ENOTCONN",
    "EROFS",
    "ENOSPC",
    "EDQUOT",
    "ESTALE",
    "ETIMEDOUT",
    "EEXIST",
    "ENOENT",
    "EPERM",
    "SHORT",
    "ENOSUCH",
  ])("are indefinite at the call that changes something: %s", (errno) => {
    expect(failureOf(append, failure(1, errno)).definite).toBe(false);
  });

  it.each(["EBADF", "ENAMETOOLONG", "EMFILE"])("are definite when the kernel itself refuses that call: %s", (errno) => {
    expect(failureOf(append, failure(1, errno)).definite).toBe(true);
  });

  it.each([2, 3])("are indefinite after that call, whatever they are: step %i", (step) => {
    expect(failureOf(append, failure(step, "EBADF")).definite).toBe(false);
  });

  it("take an exclusive create for a change, and one that may find the file there for none", () => {
    const open = (...flags: ("O_CREAT" | "O_EXCL" | "O_TRUNC")[]): Step => ["open", FILE, "/f", ["O_WRONLY", ...flags]];
    expect([open(), open("O_CREAT"), open("O_CREAT", "O_EXCL"), open("O_TRUNC")].map(isMutation)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("take a directory that may be there for no change, and one that must be new for one", () => {
    expect([true, false].map((mayExist) => isMutation(["mkdir", "/d", mayExist]))).toEqual([false, true]);
  });

  it("become fail or info", () => {
    expect(failed({ code: "EIO", definite: true })).toEqual({ type: "fail", error: { code: "EIO" } });
    expect(failed({ code: "EIO", message: "m", definite: false })).toEqual({
      type: "info",
      error: { code: "EIO", message: "m" },
    });
  });
});
