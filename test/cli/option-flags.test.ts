import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseFlags } from "../../src/cli/option-flags.ts";
import { faultOptions, runOptions } from "../../src/cli/run-options.ts";

describe("flags", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ timeLimit: "-3" }, "--time-limit: must be more than 0, not -3."],
    [{ timeLimit: "soon" }, '--time-limit takes a number, not "soon".'],
    [{ seed: "1.5" }, "--seed: must be a whole number, not 1.5."],
    [{ checkMemory: "1" }, "--check-memory: must be at least 64, not 1."],
  ])("%j is refused", (given, sentence) => {
    expect(() => parseFlags(runOptions, given)).toThrow(sentence);
  });

  it.each(["", " ", ","])("a list without an entry is refused: %j", (nemesis) => {
    expect(() => parseFlags(faultOptions, { nemesis })).toThrow("--nemesis names nothing: give it a list with commas");
    expect(parseFlags(faultOptions, { nemesis: [] })).toMatchObject({ nemesis: [] }); // a record's
  });

  it("an entry of a list is named", () => {
    expect(() => parseFlags(faultOptions, { packet: "loss,melt" })).toThrow(
      '--packet: must be one of delay, loss, duplicate, reorder, corrupt, rate, not "melt".',
    );
    const sizes = z.object({ sizes: z.array(z.string().regex(/^\d+g$/, "must be like 4g")) });
    expect(() => parseFlags(sizes, { sizes: "1g,2" })).toThrow('--sizes ("2"): must be like 4g.');
  });

  it("those that fit come back with the defaults of the others", () => {
    expect(parseFlags(runOptions, { timeLimit: "7" })).toMatchObject({ timeLimit: 7, concurrency: "2n" });
    expect(parseFlags(faultOptions, { packet: "loss, delay" })).toMatchObject({ packet: ["loss", "delay"] });
  });
});
