import { hasDataFiles } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage, OpDraft, Random } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import { aimed } from "../targets.ts";
import { TURNS } from "../turns.ts";
import { DAMAGE_FS, FilesNemesis, type FilesValue, filesSchema } from "./files-nemesis.ts";

/** What can be done to files, as `--file-damage` names it. */
export const FILE_DAMAGE = ["flip", "truncate", "copy", "restore"] as const;
export type FileDamage = (typeof FILE_DAMAGE)[number];

const hasDisks = (db: FaultContext["db"]) => hasDataFiles(db) && db.dataFilesAreDisks === true;

/** The classes of files that a database names; undefined when it does not say. */
const classesOf = (db: FaultContext["db"]) => (hasDataFiles(db) ? db.dataFileClasses : undefined);

/** What is wrong with the classes of `--file-class`, or with there being none, in one sentence. */
function wrongClass({ db, options }: FaultContext): string | undefined {
  const known = classesOf(db);
  if (!known) return undefined;
  const unknown = (options.fileClass as readonly string[] | undefined)?.find((name) => !known.includes(name));
  const isDrawn = (TURNS as readonly unknown[]).includes(options.nemesisSchedule ?? "random");
  if (known.length === 0 && (unknown !== undefined || isDrawn))
    return "The fault files finds nothing to damage by itself here: this system names no data files; a --nemesis-schedule can name them by their paths.";
  return unknown === undefined ? undefined : `--file-class takes ${known.join(", ")}, not "${unknown}".`;
}

/** Damage of one kind to random nodes, at random places. */
function damage(kind: FileDamage, file: string | undefined, nodes: readonly string[], random: Random): OpDraft {
  const value: FilesValue = {
    targets: random.bool() ? "one" : "minority",
    order: random.shuffle(nodes),
    seed: random.int(2 ** 31),
    ...(file === undefined ? {} : { file }),
  };
  switch (kind) {
    case "flip":
      return { f: "flip-bits", value: { ...value, probability: 10 ** -(3 + 3 * random.float()) } };
    case "truncate":
      return { f: "truncate-file", value: { ...value, dropBytes: Math.round(2 ** (12 * random.float())) } };
    case "copy":
      return { f: "copy-chunks", value: { ...value, chunkBytes: 2 ** (9 + random.int(8)) } };
    case "restore":
      return { f: "restore-chunks", value };
  }
}

/** Damage to the database's files on a minority of the nodes. */
export const filesFamily: FaultFamily = {
  name: "files",
  summary: "damages data files on a minority of the nodes (flip, truncate, copy, restore)",
  cannot: (context) => {
    const { nodes, db, options } = context;
    if (!hasDataFiles(db))
      return "The fault files needs a system that tells where its data files are, and this one does not.";
    if (hasDisks(db) && (options.fileDamage as readonly FileDamage[] | undefined)?.includes("truncate"))
      return "--file-damage truncate cannot be had here: the data files of this system are disks, which do not get shorter (flip, copy and restore can).";
    if (nodes.length < 3) return "The fault files needs at least three nodes: it damages a minority of them.";
    return wrongClass(context);
  },
  make({ nodes, options, intervalMs, db }: FaultContext): NemesisPackage {
    const possible = FILE_DAMAGE.filter((kind) => kind !== "truncate" || !hasDisks(db));
    const kinds = (options.fileDamage as readonly FileDamage[] | undefined) ?? possible;
    const classes = options.fileClass as readonly string[] | undefined;
    const past: GeneratorLike = (_test, { random }) => ({
      f: "snapshot-chunks",
      value: { targets: "all", seed: random.int(2 ** 31), ...(classes ? { file: random.pick(classes) } : {}) },
    });
    const strike: GeneratorLike = (test, { random }) =>
      damage(random.pick(kinds), classes && random.pick(classes), test.nodes, random);
    const known = classesOf(db);
    const schema = aimed(filesSchema, nodes).refine(
      ({ file }) => file === undefined || file.startsWith("/") || !known || known.includes(file),
      { path: ["file"], error: `must be an absolute path${known?.length ? `, or one of ${known.join(", ")}` : ""}` },
    );
    return {
      name: "files",
      nemesis: new FilesNemesis(),
      generator: rhythm(intervalMs, kinds.includes("restore") ? [past, strike, strike, strike] : [strike]),
      finalGenerator: undefined, // damage stays: it is told on the nodes, and by `doctor`
      bands: [{ family: "files", start: DAMAGE_FS, stop: [] }],
      values: Object.fromEntries([...DAMAGE_FS, "snapshot-chunks"].map((f) => [f, schema])),
    };
  },
};
