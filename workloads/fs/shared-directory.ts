import { JepsenError } from "../../src/errors.ts";
import type { Session, Test } from "../../src/test.ts";

const TIMEOUT_MS = 30_000;
/** How long what one node wrote may take to be seen by another: caches, and mounts that come up. */
const SEEN_WITHIN_SECONDS = 15;

const WRITE = 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1.new" && mv "$1.new" "$1"';
const READ = `n=0; until [ "$(cat "$1" 2>/dev/null)" = "$2" ]; do
  n=$((n+1)); [ $n -gt $(($3 * 10)) ] && exit 1; sleep 0.1
done`;

/**
 * Makes sure that a directory is the same on all nodes: the first one writes a mark that only this run has, and every
 * other one must read it. A directory that is not shared, a mount that failed on one node, would look like a file system
 * that loses everything. Rejects with JepsenError "environment".
 */
export async function requireShared(
  test: Pick<Test, "nodes" | "seed" | "directory">,
  session: Session,
  directory: string,
  withinSeconds = SEEN_WITHIN_SECONDS,
): Promise<void> {
  const { node } = session;
  const [first = node] = test.nodes;
  const parent = directory.replace(/\/[^/]+$/, "") || "/";
  const there = await session.exec(["sh", "-c", '[ -d "$1" ]', "sh", parent], { timeoutMs: TIMEOUT_MS });
  if (there.code !== 0) {
    const sentence = `There is no directory ${parent} on ${node}: mount the file system that all nodes share there first.`;
    throw new JepsenError("environment", sentence, { node, directory: parent });
  }
  const script = node === first ? WRITE : READ;
  const argv = [
    "sh",
    "-c",
    script,
    "sh",
    `${directory}/.jepsen-ts-mark`,
    test.directory ?? `seed ${test.seed}`,
    String(withinSeconds),
  ];
  const { code, stderr } = await session.exec(argv, { timeoutMs: TIMEOUT_MS });
  if (code === 0) return;
  const sentence =
    node === first
      ? `Nothing can be written in ${directory} on ${node}: ${stderr.trim()}.`
      : `What ${first} wrote in ${directory} is not seen on ${node} within ${withinSeconds} s: the directory is not one that all nodes share. Mount the same file system on every node.`;
  throw new JepsenError("environment", sentence, { node, directory });
}
