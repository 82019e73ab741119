import { describe, expect, it } from "vitest";
import { orAborted } from "../../src/control/or-aborted.ts";

describe("orAborted", () => {
  it("is what is waited for, when that comes first", async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(1), signal, "x")).toBe(1);
    expect(await orAborted(Promise.resolve(2), undefined, "x")).toBe(2);
    await expect(orAborted(Promise.reject(new Error("no")), signal, "x")).rejects.toThrow("no");
  });

  it("ends this wait alone when it is aborted, before or meanwhile", async () => {
    const aborting = new AbortController();
    let settle = (_value: number) => {};
    const shared = new Promise<number>((resolve) => {
      settle = resolve;
    });
    const one = orAborted(shared, aborting.signal, "broken off");
    const other = orAborted(shared, undefined, "x");
    aborting.abort();
    await expect(one).rejects.toMatchObject({ code: "aborted", message: "broken off" });
    await expect(orAborted(shared, aborting.signal, "too late")).rejects.toMatchObject({ message: "too late" });
    settle(5);
    expect(await other).toBe(5);
  });
});
