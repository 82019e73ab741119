import { describe, expect, it } from "vitest";
import { Barriers } from "../src/barrier.ts";
import { JepsenError } from "../src/errors.ts";

const NODES = ["n1", "n2", "n3"];
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Arrives, and tells whether it was let go. */
function arrive(barriers: Barriers, name: string, node: string) {
  const state = { released: false };
  const done = barriers.meet(name, node).then(() => {
    state.released = true;
  });
  return { state, done };
}

describe("Barriers", () => {
  it("holds everybody until the last one has come", async () => {
    const barriers = new Barriers(NODES);
    const [first, second] = [arrive(barriers, "a", "n2"), arrive(barriers, "a", "n1")];
    await turn();
    expect([first.state.released, second.state.released]).toEqual([false, false]);
    await Promise.all([barriers.meet("a", "n3"), first.done, second.done]);
    expect([first.state.released, second.state.released]).toEqual([true, true]);
  });

  it("keeps names apart, and one name can be met at again", async () => {
    const barriers = new Barriers(NODES);
    const other = arrive(barriers, "b", "n1");
    for (let round = 0; round < 3; round++) await Promise.all(NODES.map((node) => barriers.meet("a", node)));
    expect(other.state.released).toBe(false);
    await Promise.all([barriers.meet("b", "n2"), barriers.meet("b", "n3"), other.done]);
  });

  it("does not count one node twice", async () => {
    const barriers = new Barriers(NODES);
    const twice = [arrive(barriers, "a", "n1"), arrive(barriers, "a", "n1"), arrive(barriers, "a", "n2")];
    await turn();
    expect(twice.some(({ state }) => state.released)).toBe(false);
    await barriers.meet("a", "n3");
    await Promise.all(twice.map(({ done }) => done));
  });

  it("gives up after its time, and names who is missing", async () => {
    const barriers = new Barriers(NODES);
    const error = (await barriers.meet("primed", "n2", 20).catch((thrown: unknown) => thrown)) as JepsenError;
    expect(error).toBeInstanceOf(JepsenError);
    expect(error.code).toBe("setup");
    expect(error.message).toBe('At "primed", n2 waited 20 ms for n1, n3.');
  });

  it("a second attempt after one that was given up needs everybody again", async () => {
    const barriers = new Barriers(NODES);
    await Promise.allSettled([barriers.meet("a", "n1", 10), barriers.meet("a", "n2", 10)]);
    const late = arrive(barriers, "a", "n3");
    await turn();
    expect(late.state.released).toBe(false);
    await Promise.all([barriers.meet("a", "n1"), barriers.meet("a", "n2"), late.done]);
  });
});
