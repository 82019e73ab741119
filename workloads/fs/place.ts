import type { Step } from "./steps.ts";

/** Where one key's file is. */
export interface Place {
  readonly folder: string;
  readonly path: string;
  /** Steps to take before the file is first written. */
  readonly prepare: readonly Step[];
}

/**
 * A key's file in the workload's folder; with `ownFolder` in a folder of its own, so that names come and go in no
 * folder that two files share.
 */
export function placeOf(folder: string, key: unknown, ownFolder: boolean): Place {
  const path = `${folder}/${key}`;
  if (!ownFolder) return { folder, path, prepare: [] };
  return { folder: path, path: `${path}/file`, prepare: [["mkdir", path, true]] };
}
