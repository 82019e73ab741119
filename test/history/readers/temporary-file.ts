import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Op } from "../../../src/history/op.ts";
import type { HistoryReader } from "../../../src/history/readers/reader.ts";

const folder = mkdtempSync(join(tmpdir(), "readers-"));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file that goes away after the tests. */
export async function fileOf(text: string | Buffer): Promise<string> {
  const path = join(folder, `${count++}`);
  await writeFile(path, text);
  return path;
}

/** Everything that a reader gives for a text. */
export async function readAll(
  reader: HistoryReader,
  text: string,
): Promise<{ readonly history: Op[]; readonly tornLine: number | undefined }> {
  const history: Op[] = [];
  let tornLine: number | undefined;
  for await (const batch of reader(await fileOf(text), { onTorn: (line) => (tornLine = line) })) history.push(...batch);
  return { history, tornLine };
}
