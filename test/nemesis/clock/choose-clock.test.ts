import { describe, expect, it } from "vitest";
import { chooseClocks, type KernelFacts, ownKernels } from "../../../nemesis/clock/choose-clock.ts";
import type { Db, Test } from "../../../src/test.ts";
import { FakeSession } from "./fake-session.ts";

const kernel = (bootId: string, facts: Partial<KernelFacts> = {}): KernelFacts => ({
  bootId,
  bootIdMasked: false,
  canSetClock: true,
  baseline: `{"of":"${bootId}"}`,
  ...facts,
});
const control = { bootId: "control", bootIdMasked: false };

describe("ownKernels", () => {
  it("a kernel of its own, whose clock can be set, is one that no other node and not the control process has", () => {
    const kernels = new Map([
      ["n1", kernel("a")],
      ["n2", kernel("b")],
      ["n3", kernel("b")],
      ["n4", kernel("control")],
      ["n5", kernel("c", { canSetClock: false })],
    ]);
    expect(ownKernels(kernels, control)).toEqual(new Set(["n1"]));
    expect(ownKernels(kernels, { bootIdMasked: false })).toEqual(new Set(["n1", "n4"]));
  });

  it("is none at all where some boot id says nothing", () => {
    const kernels = new Map([
      ["n1", kernel("a")],
      ["n2", kernel("b", { bootIdMasked: true })],
    ]);
    expect(ownKernels(kernels, control).size).toBe(0);
    expect(ownKernels(new Map([["n1", kernel("a")]]), { ...control, bootIdMasked: true }).size).toBe(0);
  });
});

describe("chooseClocks", () => {
  const answers = (facts: KernelFacts, verified: object = { verified: ["realtime"] }) =>
    new FakeSession("n", ({ argv }) => ({ stdout: JSON.stringify(argv.includes("probe") ? facts : verified) }));
  const testOf = (sessions: Record<string, FakeSession>, db?: object) =>
    ({
      nodes: Object.keys(sessions),
      db: db as Db,
      cluster: { session: async (node: string) => sessions[node] },
    }) as unknown as Test;
  const listing = {
    setup: async () => undefined,
    teardown: async () => undefined,
    roles: ["db"],
    processes: async () => [],
  };

  it("takes each node's own clock, or the processes' clocks after having tried", async () => {
    const shared = answers(kernel("shared"));
    const test = testOf({ n1: answers(kernel("own")), n2: shared, n3: answers(kernel("shared")) }, listing);
    const chosen = await chooseClocks(test, async () => ({ bootId: "shared", bootIdMasked: false }));
    expect(
      [...chosen.values()].map(({ clock, sharesControlKernel }) => [clock.mechanism, sharesControlKernel]),
    ).toEqual([
      ["kernel", false],
      ["vdso", true],
      ["vdso", true],
    ]);
    expect(shared.calls.map(({ argv }) => argv[2])).toEqual(["probe", "verify"]);
  });

  it("says what is missing: the list of processes, or a kernel that allows it", async () => {
    const unlisted = chooseClocks(testOf({ n1: answers(kernel("a")), n2: answers(kernel("a")) }), async () => control);
    await expect(unlisted).rejects.toMatchObject({
      code: "environment",
      message: expect.stringMatching(/does not say which/),
    });
    const refusing = new FakeSession("n1", ({ argv }) =>
      argv.includes("probe")
        ? { stdout: JSON.stringify(kernel("control")) }
        : { code: 1, stdout: '{"error": "The kernel refuses to write."}' },
    );
    await expect(chooseClocks(testOf({ n1: refusing }, listing), async () => control)).rejects.toMatchObject({
      code: "environment",
      message: "Clock fault on n1: The kernel refuses to write.",
    });
  });
});
