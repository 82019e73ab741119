import { describe, expect, it } from "vitest";
import { Flapping, type FlapSightings, flapDoubts, sighted } from "../../../nemesis/partition/flapping.ts";
import { sleep } from "../../../src/clock.ts";

const GRUDGE = { n1: ["n2"] };
const NONE: FlapSightings = { samples: 0, silent: {} };
/** Whether n2 was heard by n1, and n1 by n2. */
const look = (there: boolean, back = true) => ({ n2: { n1: there }, n1: { n2: back } });

describe("flapping links", () => {
  it("are proven when each was seen silent and heard, and no other was silent all the time", () => {
    const both = sighted(sighted(NONE, look(false)), look(true));
    expect(flapDoubts(both, GRUDGE)).toEqual([]);
    expect(flapDoubts(sighted(sighted(NONE, look(true)), look(true)), GRUDGE)).toEqual(["n1 always heard n2"]);
    expect(flapDoubts(sighted(sighted(NONE, look(false)), look(false)), GRUDGE)).toEqual(["n1 never heard n2"]);
    expect(flapDoubts(sighted(sighted(NONE, look(false, false)), look(true, false)), GRUDGE)).toEqual([
      "n2 never heard n1",
    ]);
  });

  it("go up first, then down, until they are stopped", async () => {
    const turns: boolean[] = [];
    const flapping = new Flapping({ downMs: 20, upMs: 20 }, async (isDown) => void turns.push(isDown));
    while (turns.length < 4) await sleep(5);
    expect(await flapping.stop()).toBeUndefined();
    expect(turns.slice(0, 4)).toEqual([false, true, false, true]);
    const { length } = turns;
    await sleep(60);
    expect(turns).toHaveLength(length);
  });

  it("stop for good when a switch fails, and say so", async () => {
    let tries = 0;
    const flapping = new Flapping({ downMs: 5, upMs: 5 }, async () => {
      tries++;
      throw new Error("no such table");
    });
    await sleep(60);
    expect(await flapping.stop()).toBe("The links stopped flapping: no such table");
    expect(tries).toBe(1);
  });
});
