import { readFile } from "node:fs/promises";
import { JepsenError, messageOf } from "../../errors.ts";

/**
 * A password from the first line of a file or, without a file, from an environment variable; undefined when neither is
 * there. Passwords are never flags, which `ps` shows to everybody, and never in a run's record, which has the file's
 * path only. Rejects with JepsenError "usage" when the file cannot be read.
 */
export async function readSecret(file: string | undefined, variable: string): Promise<string | undefined> {
  if (file === undefined) return process.env[variable] || undefined;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new JepsenError("usage", `Cannot read the password in ${file}: ${messageOf(error)}.`, {}, error);
  });
  const [line = ""] = text.split(/\r?\n/);
  if (line === "") throw new JepsenError("usage", `The first line of ${file} is empty: there should be a password.`);
  return line;
}
