import { mkdir, readdir, readFile, readlink, rename, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { z } from "zod";
import { JepsenError, messageOf } from "../errors.ts";
import { parse } from "../parse.ts";
import { replaceJson } from "./atomic-file.ts";
import { type RunOutcome, type RunRecord, runOutcomeSchema, runRecordSchema } from "./run-record.ts";

/** The files of a run's directory. */
export const FILES = {
  test: "test.json",
  history: "history.jsonl",
  results: "results.json",
  log: "jepsen.log",
  report: "report.html",
  outcome: "run.json",
  processes: "processes.json",
} as const;

/** A name as a folder's name. */
function folderName(name: string): string {
  return name.replaceAll(/[^\w.,=+-]+/g, "-").replace(/^[-.]+/, "") || "test";
}

/** `20261121T040506.123Z` */
function stamp(date: Date): string {
  return date.toISOString().replaceAll(/[-:]/g, "");
}

/** Makes a folder and those above it. (Node's own recursive mkdir spins for ever where a file system refuses, as /proc does.) */
async function makeFolder(path: string): Promise<void> {
  const wanted: string[] = [];
  for (let at = path; !(await stat(at).catch(() => undefined)); at = dirname(at)) wanted.push(at);
  for (const folder of wanted.reverse()) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error; // another run made it at the same moment
    });
  }
}

/** Points a symbolic link somewhere else, atomically. */
async function repoint(link: string, target: string): Promise<void> {
  const draft = `${link}.${process.pid}.new`;
  await symlink(relative(dirname(link), target), draft);
  await rename(draft, link);
}

/** Makes `<root>/<test>/<time>/`, and points both `latest` links at it. Two runs never share a directory. */
export async function createRun(root: string, name: string, date: Date): Promise<string> {
  const parent = resolve(root, folderName(name));
  try {
    await makeFolder(parent);
    for (let ms = date.getTime(); ; ms++) {
      const directory = join(parent, stamp(new Date(ms)));
      try {
        await mkdir(directory);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      await repoint(join(parent, "latest"), directory);
      await repoint(join(resolve(root), "latest"), directory);
      return directory;
    }
  } catch (error) {
    throw new JepsenError(
      "usage",
      `Cannot make a run directory below ${resolve(root)}: ${messageOf(error)}. Choose another place with --store.`,
      {},
      error,
    );
  }
}

/** Finds a run's directory: a path, or the latest run below `root` when none is given. */
export async function findRun(root: string, run?: string): Promise<string> {
  if (run === "") throw new JepsenError("usage", "The run to be read has an empty name: give its directory.");
  const candidates =
    run === undefined ? [join(root, "latest")] : [run, join(root, run), join(root, run, "latest"), join(run, "latest")];
  for (const candidate of candidates) {
    const path = resolve(candidate);
    const file = join(path, FILES.test);
    if (
      await stat(file).then(
        () => true,
        () => false,
      )
    )
      return await readlink(path).then(
        (to) => resolve(dirname(path), to),
        () => path,
      );
  }
  const what = run === undefined ? `There is no run below ${resolve(root)}` : `There is no run in ${run}`;
  throw new JepsenError("usage", `${what}: name a directory that holds a ${FILES.test}.`, { run });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new JepsenError("corrupt", `Cannot read ${path}: ${messageOf(error)}.`, { path }, error);
  }
}

/** Reads a file of a run as what it has to be. `mend`: what to do when it is not. */
async function readAs<T>(schema: z.ZodType<T>, path: string, mend: string): Promise<T> {
  const refused = (why: string, cause?: unknown) =>
    new JepsenError("corrupt", `${path} is damaged (${why}): ${mend}.`, { path }, cause);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw refused(messageOf(error), error);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format !== 1)
    throw new JepsenError(
      "corrupt",
      `${path} has format ${format}, but this version reads format 1: use the version that wrote it.`,
    );
  const parsed = parse(schema, value);
  if (!parsed.ok) throw refused(parsed.refusal.sentence);
  return parsed.data;
}

/** What to do about a damaged test.json. */
export function mendOfRecord(directory: string): string {
  return `restore it from a copy, or judge the history alone with \`jepsen-ts check MODEL ${shownPath(join(directory, FILES.history))}\``;
}

/** Reads test.json. Rejects with JepsenError "corrupt" when it is not one, or of a format that this version does not know. */
export function readRecord(directory: string): Promise<RunRecord> {
  return readAs(runRecordSchema, join(directory, FILES.test), mendOfRecord(directory));
}

/**
 * Reads run.json; undefined when the control process died before it could write it. Rejects with JepsenError "corrupt"
 * when it is damaged.
 */
export async function readOutcome(directory: string): Promise<RunOutcome | undefined> {
  const path = join(directory, FILES.outcome);
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  const mend = "restore it from a copy, or remove it, for the run to be judged without it";
  return there ? readAs(runOutcomeSchema, path, mend) : undefined;
}

/** Reads results.json; undefined when the run was never checked. */
export async function readResults(directory: string): Promise<unknown> {
  const path = join(directory, FILES.results);
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there ? readJson(path) : undefined;
}

export async function writeRecord(directory: string, record: RunRecord): Promise<void> {
  await replaceJson(join(directory, FILES.test), record);
}

/** Every file below the run's directory, as relative paths, sorted. */
export async function runFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".new"));
  return files.map((entry) => relative(directory, join(entry.parentPath, entry.name))).sort();
}

/** How a run is shown to people: relative to here when that is shorter. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.length < path.length && !near.startsWith("..") ? near || basename(path) : path;
}
