import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { makeKeyPair } from "../../../src/cluster/local/key-pair.ts";

const { generateKeyPairSync, parseKey } = ssh2.utils;

/** A pair as ssh2 makes it when the public key begins with a zero byte: one byte short. */
function cutShort() {
  const pair = generateKeyPairSync("ed25519");
  const bytes = Buffer.from(pair.public.split(" ")[1] ?? "", "base64").subarray(0, -1);
  return { ...pair, public: `ssh-ed25519 ${bytes.toString("base64")}` };
}

describe("makeKeyPair", () => {
  it("makes pairs that can be read, a thousand times", () => {
    for (let i = 0; i < 1000; i++) {
      const pair = makeKeyPair();
      expect(parseKey(pair.public)).not.toBeInstanceOf(Error);
      expect(parseKey(pair.private)).not.toBeInstanceOf(Error);
    }
  });

  it("throws a pair away that nobody could read", () => {
    const good = makeKeyPair();
    const made = [cutShort(), cutShort(), good];
    expect(parseKey(cutShort().public)).toBeInstanceOf(Error);
    expect(makeKeyPair(() => made.shift() ?? good)).toBe(good);
  });

  it("ends with a sentence when there never is a good one", () => {
    expect(() => makeKeyPair(cutShort)).toThrow(/None of 100/);
  });
});
