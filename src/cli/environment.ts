import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { RunRecord } from "../store/run-record.ts";

/** The version of this program, from the package.json beside dist/ (or beside src/, when run from the sources). */
export function harnessVersion(): string {
  for (const path of ["../../../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name: string;
        version: string;
      };
      if (name === "jepsen-ts") return version;
    } catch {
      // not there: the next place
    }
  }
  return "unknown";
}

/** For the record: where the control process ran. */
export function environment(): RunRecord["environment"] {
  return {
    harness: harnessVersion(),
    node: process.version,
    system: `${type()} ${release()}`,
    cores: cpus().length,
    memoryBytes: totalmem(),
  };
}
