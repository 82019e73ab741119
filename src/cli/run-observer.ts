import type { RunObserver, RunProgress } from "../run-plan.ts";
import type { RunRecord } from "../store/run-record.ts";
import { writeRecord } from "../store/store.ts";
import type { Story } from "./story.ts";

/** Tells the story of a run and its status line, and completes its record. */
export function runObserver(story: Story, directory: string, record: RunRecord): RunObserver {
  let phase = "";
  let before: RunProgress = { ok: 0, fail: 0, info: 0, fault: undefined };
  let rate = 0;
  return {
    phase: (name: string) => {
      phase = name;
      story.line(name);
    },
    log: (line: string) => story.line(line),
    progress: (now: RunProgress) => {
      const fresh = now.ok + now.fail + now.info - before.ok - before.fail - before.info;
      rate = 0.7 * rate + 0.3 * fresh * 4;
      before = now;
      const fault = now.fault ? ` · fault: ${now.fault}` : "";
      story.status(`${phase} · ${Math.round(rate)} ops/s · ${now.ok} ok, ${now.fail} fail, ${now.info} info${fault}`);
    },
    versions: async (versions: RunRecord["versions"]) => {
      await writeRecord(directory, { ...record, versions: structuredClone(versions) });
    },
  };
}
