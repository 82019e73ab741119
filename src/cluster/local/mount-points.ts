import { readFile } from "node:fs/promises";

/** Folders that many machines keep on file systems of their own: an overlay of "/" alone would show them empty. */
const CANDIDATES = ["/usr", "/etc", "/var", "/var/lib", "/opt", "/nix", "/nix/store"];

/** Those of them that are mount points here, outer ones first. */
export async function ownMountPoints(): Promise<readonly string[]> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  const mounted = new Set(lines.map((line) => line.split(" ")[4]));
  return CANDIDATES.filter((path) => mounted.has(path));
}
