/** The verdict as the page's first words, and what to do next. */

import type { Verdict } from "../src/test.ts";
import { checkRowsOf } from "./checks.ts";
import type { Contradiction } from "./contradictions.ts";
import type { RunFaults } from "./fault-spans.ts";
import type { ReportInput, ReportResults } from "./report-input.ts";
import { countOf, listText } from "./units.ts";

/** Which colour the verdict wears. */
export type Tone = "valid" | "invalid" | "unknown" | "failed";

/** Something to be said of the run as a whole. */
interface Statement {
  readonly tone: Tone;
  readonly title: string;
  /** Why, in a sentence or two. */
  readonly sentence: string;
}

/** The banner. */
export interface Judgement extends Statement {
  /** What else has to be known: a harness failure beside a verdict, a verdict beside a failure. */
  readonly besides: readonly string[];
}

function wordsOf(valid: Verdict): Pick<Statement, "tone" | "title"> {
  if (valid === "unknown") return { tone: "unknown", title: "Unknown" };
  return valid ? { tone: "valid", title: "Valid" } : { tone: "invalid", title: "Invalid" };
}

/** The sentences of the checkers that decided; a checker that gave none is named. */
function reasonOf(results: ReportResults): string {
  if (results.valid === true) return results.summary ?? "Nothing that was checked was violated.";
  const decisive = checkRowsOf(results).filter(({ result }) => result.valid === results.valid);
  return decisive.map(({ name, result }) => result.summary ?? `${name} gave no reason.`).join(" ");
}

/** What went wrong outside the database, the worst first. */
function troublesOf({ outcome }: ReportInput): Statement[] {
  const troubles: Statement[] = [];
  if (outcome?.failure) {
    troubles.push({
      tone: "failed",
      title: "Harness failure",
      sentence: `The harness failed: ${outcome.failure.message}`,
    });
  }
  if (outcome?.interrupted) {
    troubles.push({
      tone: "failed",
      title: "Interrupted",
      sentence: "The run was interrupted before its time was over.",
    });
  }
  return troubles;
}

/** The verdict in the order of the exit codes: a violation outweighs a failure, a failure an interruption, that an unknown. */
export function judgementOf(input: ReportInput): Judgement {
  const { results, outcome } = input;
  const troubles = troublesOf(input);
  const unfinished =
    outcome === undefined
      ? ["The control process ended before the run did: what it had recorded is all there is."]
      : [];
  const [worst, ...others] = troubles;
  const verdict = results && { ...wordsOf(results.valid), sentence: reasonOf(results) };
  if (verdict && (worst === undefined || results.valid === false)) {
    return { ...verdict, besides: [...troubles.map(({ sentence }) => sentence), ...unfinished] };
  }
  const besides = others.map(({ sentence }) => sentence);
  if (verdict) besides.push(`What was recorded before that is ${verdict.title.toLowerCase()}. ${verdict.sentence}`);
  if (worst) return { ...worst, besides: [...besides, ...unfinished] };
  return { tone: "unknown", title: "Not checked", sentence: "This run has not been checked yet.", besides: unfinished };
}

/** A thing to do; `command` is for a shell, `anchor` a place on the page. */
export interface Advice {
  readonly text: string;
  readonly command?: string;
  readonly anchor?: { readonly id: string; readonly label: string };
}

/** What to do next, the most useful thing first. */
export function adviceOf(
  input: ReportInput,
  judgement: Judgement,
  contradictions: readonly Contradiction[],
  faults: RunFaults | undefined,
): readonly Advice[] {
  const advice: Advice[] = [];
  const { analyze } = input.commands;
  if (input.results?.valid === false) {
    const [first] = contradictions;
    if (first) {
      const what = countOf(first.parts.length, "operation");
      const on = first.key === undefined ? "" : ` (key ${first.key})`;
      const text =
        first.kind === "stuck"
          ? `Read where no order of the operations can go on${on}.`
          : `Read the ${what} that cannot all be true${on}.`;
      advice.push({ text, anchor: { id: "contradiction", label: "The contradiction" } });
      const logs = input.record.nodes.some((node) => input.files.some(({ path }) => path.startsWith(`${node}/`)));
      advice.push(
        logs
          ? {
              text: `Look at what the nodes were doing then${nodesText(first)}: their logs are in the run directory.`,
              anchor: { id: "files", label: "Files" },
            }
          : { text: "Look at what happened around them.", anchor: { id: "timeline", label: "Timeline" } },
      );
    } else {
      advice.push({ text: "Read what each checker found.", anchor: { id: "checks", label: "Checks" } });
    }
    advice.push({
      text: "Run it again with the same seed. The same operations and faults come again; how they interleave with the database may differ.",
    });
    return advice;
  }
  if (judgement.tone === "failed") {
    advice.push({
      text: "This says nothing about the database. The run's own story is in jepsen.log.",
      anchor: { id: "files", label: "Files" },
    });
    if (input.history.length > 0) advice.push({ text: "What was recorded can be checked as it is.", command: analyze });
    return advice;
  }
  if (input.results === undefined) return [{ text: "Check what was recorded.", command: analyze }];
  if (input.results.valid === "unknown") {
    const unproven = Object.entries(faults?.result.families ?? {}).filter(([, family]) => family.valid !== true);
    if (unproven.length > 0) {
      const names = listText(unproven.map(([name]) => name));
      advice.push({
        text: `Find out why the faults asked for were not proven (${names}): a run without its faults tests nothing.`,
        anchor: { id: "faults", label: "Faults" },
      });
    }
    advice.push({ text: "Read which check could not decide, and why.", anchor: { id: "checks", label: "Checks" } });
    advice.push({
      text: "If a check ran out of time or memory, check the stored history again with a larger budget.",
      command: analyze,
    });
    return advice;
  }
  advice.push({
    text: "No violation was found in this history. That is evidence, not proof: other seeds, longer runs and other faults see other things.",
  });
  const proven = faults?.spans.filter((span) => span.proven).length ?? 0;
  advice.push(
    proven === 0
      ? { text: "No fault was in force during this run: add a nemesis to test what happens when things break." }
      : {
          text: `${countOf(proven, "fault was", "faults were")} proven to have been in force; see what each one did.`,
          anchor: { id: "faults", label: "Faults" },
        },
  );
  return advice;
}

function nodesText({ parts }: Contradiction): string {
  const nodes = new Set(parts.flatMap(({ operation }) => operation.completion?.node ?? operation.invoke.node ?? []));
  return nodes.size === 0 ? "" : ` (${listText([...nodes].sort())})`;
}
