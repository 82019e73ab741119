import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { checkCommand } from "../../src/cli/check-command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${root}/docs/results.md`, "utf8");
/** What the page shows: commands, and what each prints. */
const shown = [...page.matchAll(/^```console\n\$ jepsen-ts check (.*)\n([\s\S]*?)^```$/gm)].map(
  ([, command, output]) => ({
    argv: (command as string).split(" "),
    output: output as string,
  }),
);

afterEach(() => {
  process.exitCode = undefined;
});

describe("the histories explained in docs/results.md", () => {
  it("are all there are, ten at least", () => {
    const files = readdirSync(`${root}/examples/histories`).map((file) => `examples/histories/${file}`);
    expect(shown.map(({ argv }) => argv[1]).sort()).toEqual(files.sort());
    expect(shown.length).toBeGreaterThanOrEqual(10);
  });

  it.each(shown)("are explained as the page says: $argv", async ({ argv, output }) => {
    let out = "";
    const inRoot = argv.map((word) => (word.startsWith("examples/") ? `${root}/${word}` : word));
    const command = checkCommand({ out: (text) => (out += text), err: (text) => (out += text) });
    await command.parseAsync(inRoot, { from: "user" });
    expect(out.replaceAll(`${root}/`, "")).toBe(output);
    expect(process.exitCode).toBe(1);
    expect(out).toContain("A smallest contradiction");
  });
});
