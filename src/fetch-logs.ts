import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasLogFiles } from "./abilities.ts";
import { onNodes } from "./control/on-nodes.ts";
import { messageOf } from "./errors.ts";
import type { Test } from "./test.ts";

/** Bound of one file. */
const DOWNLOAD_TIMEOUT_MS = 25_000;

/** Copies the database's log files into `<directory>/<node>/`; what could not be fetched is named. */
export async function fetchLogs(test: Test, directory: string): Promise<{ readonly problems: readonly string[] }> {
  const { db } = test;
  if (!hasLogFiles(db)) return { problems: [] };
  const outcomes = await onNodes(test.nodes, async (node) => {
    const session = await test.cluster.session(node);
    for (const [remote, local] of Object.entries(await db.logFiles(test, node))) {
      const path = join(directory, node, local);
      await mkdir(dirname(path), { recursive: true });
      await session.download(remote, path, { timeoutMs: DOWNLOAD_TIMEOUT_MS });
    }
  });
  return {
    problems: outcomes.flatMap((outcome) =>
      "error" in outcome ? [`Log of ${outcome.node}: ${messageOf(outcome.error)}`] : [],
    ),
  };
}
