import { integer, sample, tuple } from "fast-check";
import { expect, test } from "vitest";
import { describeNix, evaluate } from "./nix.ts";

const addresses = '(import (root + "/nix/addresses.nix"))';

/** The same arithmetic in the language of the tests, with shifts instead of divisions. */
function format(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

describeNix("nix/addresses.nix", () => {
  test("parse and format are inverse, for any address", () => {
    const numbers = sample(integer({ min: 0, max: 0xffffffff }), { numRuns: 500, seed: 7 });
    const given = [0, 1, 255, 256, 0x0a4d0065, 0xffffffff, ...numbers];
    const answer = evaluate(
      `map (number: rec { text = ${addresses}.format number; back = ${addresses}.parse text; }) input`,
      given,
    );
    expect(answer).toEqual(given.map((number) => ({ text: format(number), back: number })));
  });

  test("what is no address is null", () => {
    const texts = [
      "",
      "10.77.0",
      "10.77.0.256",
      "10.77.0.1.1",
      "010.77.0.1",
      "10.77.0.-1",
      "a.b.c.d",
      " 10.77.0.1",
      "::1",
    ];
    expect(evaluate(`map ${addresses}.parse input`, texts)).toEqual(texts.map(() => null));
  });

  test("a prefix has the base and size that masks give", () => {
    const pairs = sample(tuple(integer({ min: 0, max: 0xffffffff }), integer({ min: 0, max: 32 })), {
      numRuns: 300,
      seed: 8,
    });
    const given = pairs.map(([number, length]) => `${format(number)}/${length}`);
    expect(evaluate(`map ${addresses}.parsePrefix input`, given)).toEqual(
      pairs.map(([number, length]) => {
        const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
        const base = (number & mask) >>> 0;
        return { base, length, size: 2 ** (32 - length), exact: base === number };
      }),
    );
  });

  test("what is no prefix is null", () => {
    const texts = [
      "10.77.0.0",
      "10.77.0.0/33",
      "10.77.0.0/-1",
      "10.77.0.0/024",
      "10.77.0/24",
      "10.77.0.0/24/1",
      "/24",
      "",
    ];
    expect(evaluate(`map ${addresses}.parsePrefix input`, texts)).toEqual(texts.map(() => null));
  });

  test("hosts are counted from the base, across octets, and end with the prefix", () => {
    const hosts = (prefix: string, numbers: readonly number[]) =>
      evaluate(`map (${addresses}.host (${addresses}.parsePrefix input.prefix)) input.numbers`, { prefix, numbers });
    expect(hosts("10.77.0.0/24", [0, 1, 101, 255, 256, -1])).toEqual([
      "10.77.0.0",
      "10.77.0.1",
      "10.77.0.101",
      "10.77.0.255",
      null,
      null,
    ]);
    expect(hosts("172.16.0.0/12", [256, 65_536, 1_048_575, 1_048_576])).toEqual([
      "172.16.1.0",
      "172.17.0.0",
      "172.31.255.255",
      null,
    ]);
    expect(hosts("10.77.0.9/24", [1])).toEqual(["10.77.0.1"]);
    expect(hosts("nonsense", [1])).toEqual([null]);
  });
});
