/** A run in which every text that can come from outside would like to be more than text. */
import type { ReportInput } from "../../reports/report-input.ts";
import type { Process } from "../../src/history/op.ts";
import { inputOf, outcome, record } from "./sample-runs.ts";
import { type Event, indexed, MS } from "./simulation.ts";

/** Values that would like to be markup, and text that lies about its direction. */
export const HOSTILE: readonly string[] = [
  "</script><img src=x onerror=window.hacked=1>",
  "<script>window.hacked=1</script>",
  '"><svg onload=window.hacked=1>',
  "--><!--<script>window.hacked=1//",
  "a\u2028b\u2029c\u0000d\u202Eevil",
  "`\u0024{window.hacked=1}",
  "\ud800 half a pair",
];

/** Every text that can come from outside is hostile. */
export function hostileRun(directory: string): ReportInput {
  const events = HOSTILE.flatMap((text, at): Event[] => [
    { time: at * 10 * MS, type: "invoke", process: at, f: text, value: text, key: text, node: text },
    {
      time: at * 10 * MS + 5 * MS,
      type: at % 2 ? "ok" : "info",
      process: at,
      f: text,
      value: { [text]: [text] },
      key: text,
      node: text,
      ...(at % 2 ? {} : { error: { code: text, message: text } }),
    },
  ]);
  const hostile = HOSTILE.join(" ");
  const lane: Process = `nemesis:${hostile}`;
  const fault: Event[] = [
    { time: 1 * MS, type: "invoke", process: lane, f: hostile, value: hostile },
    {
      time: 2 * MS,
      type: "ok",
      process: lane,
      f: hostile,
      value: hostile,
      evidence: { proven: true, summary: hostile, details: { grudge: {}, reachability: { [hostile]: { b: false } } } },
    },
  ];
  const history = indexed([...events, ...fault]);
  const result = {
    valid: false as const,
    summary: hostile,
    [hostile]: hostile,
    contradiction: { indexes: [0, 1, 2, 3, 4], sentence: hostile },
  };
  return inputOf(directory, history, {
    record: {
      ...record,
      name: hostile,
      suite: hostile,
      workload: hostile,
      nemesis: [hostile],
      nodes: [hostile],
      options: { [hostile]: hostile },
      versions: { [hostile]: { [hostile]: hostile } },
    },
    results: { valid: false, summary: hostile, checkers: { [hostile]: result } },
    bands: [{ family: hostile, start: [hostile], stop: ["never"] }],
    outcome: { ...outcome, problems: [hostile], phases: [{ name: hostile, ms: 1 }] },
    files: [{ path: `javascript:alert(1)/${hostile}` }],
    commands: { run: hostile, analyze: hostile },
  });
}
