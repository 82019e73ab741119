/** What the run ran on, how long its phases took, and the files it left. */

import type { RunPhase } from "../../src/store/run-record.ts";
import { EMPTY, type Html, html, joined } from "../html.ts";
import type { PageModel } from "../page-model.ts";
import type { ReportInput } from "../report-input.ts";
import { bytesText, countOf, countText, durationText } from "../units.ts";
import { valueText } from "../value-text.ts";
import { andMore, section } from "./parts.ts";

const FILES_MAX = 200;
const OPTION_CHARS_MAX = 160;

/** A component's version, told once where all nodes agree. */
function versionTexts({ record }: ReportInput): readonly (readonly [string, string])[] {
  const byComponent = new Map<string, Map<string, string[]>>();
  for (const [node, versions] of Object.entries(record.versions)) {
    for (const [component, version] of Object.entries(versions)) {
      const byVersion = byComponent.get(component) ?? new Map<string, string[]>();
      byVersion.set(version, [...(byVersion.get(version) ?? []), node]);
      byComponent.set(component, byVersion);
    }
  }
  return [...byComponent].map(([component, byVersion]) => {
    const parts = [...byVersion].map(([version, nodes]) =>
      byVersion.size === 1 ? version : `${version} (${nodes.join(" ")})`,
    );
    return [component, parts.join(", ")];
  });
}

function definitions(entries: readonly (readonly [string, Html | string])[]): Html {
  return html`<dl class="definitions">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Environment and options. */
export function environmentSection({ input }: PageModel): Html {
  const { record, outcome } = input;
  const { environment } = record;
  const lag = outcome?.lag;
  const entries: readonly (readonly [string, Html | string])[] = [
    ...versionTexts(input),
    ["jepsen-ts", environment.harness],
    ["Node.js", environment.node],
    ["System", environment.system],
    ["Machine", `${countText(environment.cores)} cores, ${bytesText(environment.memoryBytes)} of memory`],
    ["Nodes", record.nodes.join(" ")],
    ["Started", record.startDate],
    ...(lag
      ? [
          [
            "Control process lag",
            `99 % below ${durationText(lag.p99Ms * 1e6)}, at most ${durationText(lag.maxMs * 1e6)}`,
          ] as const,
        ]
      : []),
  ];
  const options = Object.entries(record.options).map(
    ([name, value]) => [name, html`<code>${valueText(value, OPTION_CHARS_MAX)}</code>`] as const,
  );
  return section(
    "environment",
    "Environment",
    undefined,
    html`<div class="columns"><div><h3>System</h3>${definitions(entries)}</div>${
      options.length > 0 ? html`<div><h3>Options</h3>${definitions(options)}</div>` : EMPTY
    }</div>`,
  );
}

/** What the interpreter did in a phase, in words; nothing about what there was none of. */
function didText({ operations, ok, fail, info, faults, outcome }: NonNullable<RunPhase["did"]>): string {
  const ends = Object.entries({ ok, fail, info }).flatMap(([type, n]) => (n > 0 ? [`${countText(n)} ${type}`] : []));
  return [
    ...(operations > 0 ? [`${countOf(operations, "operation")}: ${ends.join(", ")}`] : []),
    ...(faults > 0 ? [countOf(faults, "fault operation")] : []),
    ...(outcome === "finished" ? [] : [outcome]),
  ].join(" · ");
}

/** Phases, and what went wrong outside the database. */
export function phasesSection({ input }: PageModel): Html {
  const { outcome } = input;
  if (outcome === undefined) return EMPTY;
  const total = outcome.phases.reduce((sum, { ms }) => sum + ms, 0);
  const rows = outcome.phases.map(
    ({
      did,
      name,
      ms,
    }) => html`<tr><th scope="row">${name}</th><td class="number">${durationText(ms * 1e6)}</td><td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${total > 0 ? Math.max(0.4, (100 * ms) / total).toFixed(1) : 0}" height="10" rx="1"/></svg></td><td>${did === undefined ? "" : didText(did)}</td></tr>
`,
  );
  const problems =
    outcome.problems.length > 0
      ? html`<h3>Problems beside the verdict</h3><ul class="problems">${outcome.problems.map((problem) => html`<li>${problem}</li>`)}</ul>`
      : EMPTY;
  return section(
    "phases",
    "Phases",
    `${durationText(total * 1e6)} in all.`,
    html`<div class="table-scroll" tabindex="0"><table class="phases"><tbody>${rows}</tbody></table></div>${problems}`,
  );
}

/** A path below the run directory as a relative address: never a scheme, a host or a root. */
export function fileHref(path: string): string {
  // Half a surrogate pair has no address; the file system would not have it either.
  const wellFormed = Buffer.from(path).toString();
  return `./${wellFormed.split("/").map(encodeURIComponent).join("/")}`;
}

/** Links to the run's files. */
export function filesSection({ input }: PageModel): Html {
  const { files } = input;
  if (files.length === 0) return EMPTY;
  const items = files
    .slice(0, FILES_MAX)
    .map(
      ({ path, bytes }) =>
        html`<li><a href="${fileHref(path)}">${path}</a>${bytes === undefined ? EMPTY : html` <span class="note">${bytesText(bytes)}</span>`}</li>`,
    );
  return section(
    "files",
    "Files",
    joined(["In ", html`<code>${input.directory}</code>`], ""),
    html`<ul class="files">${items}</ul>${andMore(FILES_MAX, files.length, "files")}`,
  );
}
