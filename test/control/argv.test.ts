import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellCommand, shellWord } from "../../src/control/argv.ts";

/** What a real POSIX shell makes of a command line: the arguments that `printf` gets, each ended by a NUL. */
function received(argv: readonly string[]): readonly string[] {
  const line = shellCommand(["printf", "%s\\0", ...argv]);
  const out = execFileSync("sh", ["-c", line], { encoding: "utf8", env: { PATH: process.env.PATH, HOME: "/nowhere" } });
  return out.split("\0").slice(0, -1);
}

const NASTY = [
  "",
  " ",
  "'",
  "''",
  "'\\''",
  '"',
  "\\",
  "\\n",
  "\n",
  "\t",
  "$HOME",
  "$(id)",
  "`id`",
  "*",
  "~",
  "a=b",
  "-n",
  "--",
  "#x",
  "!x",
  ";",
  "&&",
  "|",
  "(x)",
  "{a,b}",
  "ä€𝄞",
  "\u001b[0m",
];

describe("shellCommand", () => {
  it("hands exactly these arguments to a real sh", () => {
    expect(received(NASTY)).toEqual(NASTY);
  });

  it("does so for any argument without NUL, which no argument can hold", () => {
    const word = fc.oneof(
      fc.constantFrom(...NASTY),
      fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
      fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "`", " ", "\n", "a", "!", "*") }),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (argv) => {
        expect(received(argv)).toEqual(argv);
      }),
      { numRuns: 150 },
    );
  });

  it("leaves plain words as people write them, so that messages can be read", () => {
    expect(shellCommand(["nft", "-f", "/run/x.nft", "a=1,b@c:2%", "two words"])).toBe(
      "nft -f /run/x.nft a=1,b@c:2% 'two words'",
    );
    expect(shellWord("")).toBe("''");
  });
});
