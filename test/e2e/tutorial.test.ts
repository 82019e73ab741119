import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cli, folder } from "./cli.ts";

const PAGE = fileURLToPath(new URL("../../docs/tutorial/README.md", import.meta.url));

interface Block {
  readonly kind: string;
  readonly label: string;
  readonly text: string;
}

function blocks(page: string): readonly Block[] {
  return [...page.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map(([, kind = "", label = "", text = ""]) => ({
    kind,
    label,
    text,
  }));
}

test("the tutorial does what it says", async () => {
  const directory = await folder();
  const all = blocks(await readFile(PAGE, "utf8"));
  const programs = all.filter(({ kind }) => kind === "ts");
  const commands = all.filter(({ kind, label }) => kind === "sh" && label.startsWith("exit="));
  expect(programs.length).toBe(3);
  expect(commands.length).toBe(4);
  for (const { label, text } of programs) await writeFile(join(directory, label.replace("file=", "")), text);
  for (const { label, text } of commands) {
    const [program, ...argv] = text.trim().split(" ");
    expect(program).toBe("jepsen-ts");
    const { code, stderr } = await cli(argv, { cwd: directory });
    expect({ command: text, code, stderr: code === Number(label.slice(5)) ? "" : stderr }).toEqual({
      command: text,
      code: Number(label.slice(5)),
      stderr: "",
    });
  }
});
