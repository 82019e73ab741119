import { describe, expect, it } from "vitest";
import { Slots } from "../../src/control/slots.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("Slots", () => {
  it("never runs more than its size at once, runs all, and in the order in which they came", async () => {
    const slots = new Slots(3);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, i) =>
      slots.run(async () => {
        begun.push(i);
        most = Math.max(most, ++running);
        await turn();
        running--;
        return i;
      }),
    );
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(3);
  });

  it("gives the slot back when a task fails", async () => {
    const slots = new Slots(1);
    await expect(slots.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await slots.run(async () => "next")).toBe("next");
  });
});
