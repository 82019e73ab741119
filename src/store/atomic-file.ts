import { open, rename } from "node:fs/promises";
import { JepsenError, messageOf } from "../errors.ts";

/** Replaces a file at once: readers see the old text or the new one, also after a power cut. Rejects with JepsenError "disk". */
export async function replaceFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(`${path}.new`, "w");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new JepsenError("disk", `Cannot write ${path}: ${messageOf(error)}.`, { path }, error);
  }
}

/** The same for a value as JSON; a big integer is `{"$bigint":"…"}`, as in histories. */
export async function replaceJson(path: string, value: unknown): Promise<void> {
  const tag = (_name: string, inner: unknown) => (typeof inner === "bigint" ? { $bigint: inner.toString() } : inner);
  await replaceFile(path, `${JSON.stringify(value, tag, 2)}\n`);
}
