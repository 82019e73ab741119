import { encodeRecord } from "./records.ts";
import { type Step, writeSynced } from "./steps.ts";

/** How the name begins under which a file is written before it is linked: listings leave these out. */
export const FRESH = "new-";

/** How an element gets its name; each fails when the name is there already. */
export const SET_ELEMENTS = {
  /** A file created with O_EXCL and synced. */
  files: (folder, value) => writeSynced(`${folder}/${value}`, ["O_CREAT", "O_EXCL"], encodeRecord(value)),
  /** A synced file that gets its name by a hard link, and loses the one it was written under: how programs create a file whole. */
  links: (folder, value) => [
    ...writeSynced(`${folder}/${FRESH}${value}`, ["O_CREAT", "O_EXCL"], encodeRecord(value)),
    ["link", `${folder}/${FRESH}${value}`, `${folder}/${value}`],
    ["unlink", `${folder}/${FRESH}${value}`],
    ["syncDirectory", folder],
  ],
  directories: (folder, value) => [
    ["mkdir", `${folder}/${value}`, false],
    ["syncDirectory", folder],
  ],
} as const satisfies Record<string, (folder: string, value: number) => readonly Step[]>;

/** Names of what an element of the set can be. */
export type SetElement = keyof typeof SET_ELEMENTS;
