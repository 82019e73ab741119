import { z } from "zod";
import { hasDataFiles } from "../../src/abilities.ts";
import { requirePrograms } from "../../src/control/exec.ts";
import { GUARD_DIRECTORY } from "../../src/control/node-guard.ts";
import { onAllNodes, onNodes } from "../../src/control/on-nodes.ts";
import { judged, skipped } from "../../src/fault-completion.ts";
import { randomStream } from "../../src/random.ts";
import type { Completion, Invocation, Nemesis, Test } from "../../src/test.ts";
import { failuresOf, reasons } from "../reasons.ts";
import { minoritySize, resolveTargets, targetsSchema } from "../targets.ts";
import { type FileAnswer, type FileRequest, fileTool } from "./file-tool.ts";

/** Operations that damage files, and the one that only keeps chunks for a later restore. */
export const DAMAGE_FS = ["flip-bits", "truncate-file", "copy-chunks", "restore-chunks"] as const;
const SNAPSHOT = "snapshot-chunks";

/** What its operations may say. */
export const filesSchema = targetsSchema.extend({
  /** A class of the database's files (`wal`), or an absolute path on the node; any of them when left out. */
  file: z.string().optional(),
  /** Bytes from the file's beginning; the end of its data when left out. */
  start: z.int().min(0).optional(),
  end: z.int().min(0).optional(),
  chunkBytes: z
    .int()
    .min(1)
    .max(1 << 26)
    .default(16_384),
  mod: z.int().min(1).default(1),
  i: z.int().min(0).default(0),
  /** Of each bit to be flipped, of each chunk to be chosen. */
  probability: z.number().min(0).max(1).optional(),
  dropBytes: z.int().min(1).default(64),
  /** Of the choices that are made on the node. */
  seed: z.int().default(0),
});

/** What an operation on files says. */
export type FilesValue = z.input<typeof filesSchema>;
type Asked = z.output<typeof filesSchema>;

const FLIP_PROBABILITY = 1e-5;
const CHUNK_PROBABILITY = 0.5;

interface Kept {
  readonly path: string;
  readonly name: string;
  readonly kept: readonly (readonly [number, number])[];
}

interface Damage {
  readonly path: string;
  readonly answer: FileAnswer;
  /** What a second look reads at the changed places. */
  readonly reread: readonly string[];
}

/**
 * Damages the files that hold the database's data: flipped bits, cut-off ends, chunks that hold what others should, and
 * chunks out of the past. Never more than a minority of the nodes is ever damaged in a run. Evidence is a second look
 * by another process: each changed place must read as was written, and otherwise than before.
 */
export class FilesNemesis implements Nemesis {
  readonly fs = new Set<string>([...DAMAGE_FS, SNAPSHOT]);
  readonly #store: string;
  readonly #damaged = new Set<string>();
  readonly #kept = new Map<string, Kept[]>();

  /** `store`: a directory of the node for kept chunks. */
  constructor(store = `${GUARD_DIRECTORY}/chunks`) {
    this.#store = store;
  }

  async setup(test: Test): Promise<void> {
    await onAllNodes(test.nodes, async (node) =>
      requirePrograms(await test.cluster.session(node), ["python3"], "the fault files", "install it there"),
    );
  }

  async invoke(test: Test, op: Invocation): Promise<Completion> {
    const parsed = filesSchema.safeParse(op.value);
    if (!parsed.success) return skipped(`${op.f} cannot be done with ${JSON.stringify(op.value)}`);
    const asked = parsed.data;
    if (op.f === "truncate-file" && hasDataFiles(test.db) && test.db.dataFilesAreDisks)
      return skipped("the data files of this system are disks, which do not get shorter");
    const left: Record<string, string> = {};
    const nodes = await this.#choose(test, op.f, asked, left);
    if (nodes.length === 0) return skipped(reasons(left));
    const paths = await onAllNodes(nodes, (node) => this.#path(test, node, op.f, asked));
    for (const [node, path] of paths) if (path === undefined) left[node] = "it has no such file now";
    const ready = nodes.filter((node) => paths.get(node) !== undefined);
    if (ready.length === 0) return skipped(reasons(left));
    if (op.f !== SNAPSHOT) for (const node of ready) this.#damaged.add(node);
    const outcomes = await onNodes(ready, (node) => this.#act(test, node, op.f, paths.get(node) as string, asked));
    const done = outcomes.flatMap((each) => ("value" in each ? [each] : []));
    const problems = failuresOf(outcomes);
    problems.push(...done.flatMap(({ node, value }) => doubts(node, op.f, value)));
    const findings = problems.length > 0 ? [] : done.map(({ node, value }) => finding(node, op.f, value));
    const files = Object.fromEntries(done.map(({ node, value }) => [node, value.path]));
    const value = { files, ...(Object.keys(left).length > 0 ? { skipped: left } : {}) };
    const details = Object.fromEntries(done.map(({ node, value: damage }) => [node, shown(damage)]));
    return judged(value, { findings, problems, details });
  }

  /** Targets within the budget: nodes that are damaged already are taken first when it is used up. */
  async #choose(test: Test, f: string, asked: Asked, left: Record<string, string>): Promise<readonly string[]> {
    const room = minoritySize(test.nodes.length) - this.#damaged.size;
    const order = asked.order ?? test.nodes;
    const known = order.filter((node) => this.#damaged.has(node));
    const others = order.filter((node) => !this.#damaged.has(node));
    const useful = (node: string) => f !== "restore-chunks" || this.#kept.has(node);
    const allowed = room > 0 ? order : [...known, ...others];
    const preferred = [...allowed.filter(useful), ...allowed.filter((node) => !useful(node))];
    const targets = await resolveTargets(test, { ...asked, order: [...preferred] });
    if ("none" in targets) {
      left[test.nodes.join(" ")] = targets.none;
      return [];
    }
    let free = room;
    return targets.nodes.filter((node) => {
      if (f === "restore-chunks" && !this.#kept.has(node)) {
        left[node] = "nothing was kept there";
        return false;
      }
      if (f === SNAPSHOT || this.#damaged.has(node) || free-- > 0) return true;
      left[node] = "a minority of the nodes is damaged already";
      return false;
    });
  }

  async #path(test: Test, node: string, f: string, asked: Asked): Promise<string | undefined> {
    const random = randomStream(asked.seed, node);
    const named = asked.file?.startsWith("/") ? asked.file : undefined;
    const kept = (this.#kept.get(node) ?? []).filter(({ path }) => path === (named ?? path));
    const given = f === "restore-chunks" ? (kept.length > 0 ? random.pick(kept).path : "") : named;
    if (given !== undefined) {
      const { code } = await (await test.cluster.session(node)).exec(["test", "-f", given]);
      return code === 0 ? given : undefined;
    }
    if (!hasDataFiles(test.db)) return undefined;
    const { files } = await test.db.dataFiles(test, node);
    const found = asked.file === undefined ? Object.values(files).flat() : (files[asked.file] ?? []);
    return found.length > 0 ? random.pick([...found].sort()) : undefined;
  }

  async #act(test: Test, node: string, f: string, path: string, asked: Asked): Promise<Damage> {
    const session = await test.cluster.session(node);
    if (f !== SNAPSHOT) await test.guard(node).note(`${path} is damaged by the fault files (${f}).`);
    const request = this.#request(node, f, path, asked);
    const answer = await fileTool(session, request);
    if (request.act === "snapshot") {
      const others = (this.#kept.get(node) ?? []).filter((each) => each.path !== path);
      this.#kept.set(node, [...others, { path, name: request.name, kept: answer.kept }]);
    }
    const regions = answer.changes.map(({ offset, length }) => [offset, length] as const);
    const { digests } = await fileTool(session, { act: "inspect", path, regions });
    return { path, answer, reread: digests };
  }

  #request(node: string, f: string, path: string, asked: Asked): FileRequest {
    const { start, end, chunkBytes, mod, i, seed, dropBytes } = asked;
    const probability = asked.probability ?? (f === "flip-bits" ? FLIP_PROBABILITY : CHUNK_PROBABILITY);
    const chunks = { start, end, chunkBytes, mod, i, probability, seed };
    switch (f) {
      case "flip-bits":
        return { act: "flip", path, start, end, probability, seed };
      case "truncate-file":
        return { act: "truncate", path, dropBytes };
      case "copy-chunks":
        return { act: "copy", path, ...chunks };
      case SNAPSHOT: {
        const known = this.#kept.get(node) ?? [];
        const name = known.find((each) => each.path === path)?.name ?? `${node}-${known.length}`;
        return { act: "snapshot", path, store: this.#store, name, ...chunks };
      }
      default: {
        const kept = this.#kept.get(node)?.find((each) => each.path === path) as Kept;
        return { act: "restore", path, store: this.#store, name: kept.name, kept: kept.kept };
      }
    }
  }
}

/** What speaks against an operation's having had its effect. */
function doubts(node: string, f: string, { path, answer, reread }: Damage): readonly string[] {
  if (f === SNAPSHOT) return answer.kept.length > 0 ? [] : [`${node}: no chunk of ${path} was kept.`];
  if (answer.changes.length === 0) return [`${node}: nothing in ${path} was changed.`];
  const lost = answer.changes.filter(
    (change, n) => reread[n] === change.before || (f !== "truncate-file" && reread[n] !== change.after),
  );
  return lost.length > 0
    ? [`${node}: ${lost.length} of ${answer.changes.length} changes in ${path} are not there when it is read again.`]
    : [];
}

function finding(node: string, f: string, { path, answer }: Damage): string {
  const count = answer.changes.length;
  const places = `${count} ${count === 1 ? "place" : "places"}`;
  const first = answer.changes[0]?.offset;
  switch (f) {
    case SNAPSHOT:
      return `${node}: ${answer.kept.length} chunks of ${path} are kept.`;
    case "truncate-file":
      return `${node}: ${path} ends at byte ${first} now, and had ${answer.sizeBefore} bytes before.`;
    default:
      return `${node}: ${path} reads otherwise at ${places} from byte ${first} on, and as it was damaged.`;
  }
}

/** For the record: checksums and the first changes. */
function shown({ path, answer, reread }: Damage) {
  const { sizeBefore, sizeAfter, sha256Before, sha256After, changes, kept } = answer;
  const first = changes.slice(0, 20).map((change, n) => ({ ...change, reread: reread[n] }));
  return {
    path,
    sizeBefore,
    sizeAfter,
    sha256Before,
    sha256After,
    changeCount: changes.length,
    changes: first,
    keptChunks: kept.length,
  };
}
