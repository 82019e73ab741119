/** Writes the one page that a person reads after a run. */

import { join } from "node:path";
import { replaceFile } from "../src/store/atomic-file.ts";
import { FILES } from "../src/store/store.ts";
import { openPen } from "./figures/pen.ts";
import { type Html, html, trustedMarkup } from "./html.ts";
import { pageAssets } from "./page-assets.ts";
import { type PageModel, pageModelOf } from "./page-model.ts";
import type { ReportInput } from "./report-input.ts";
import { checksSection } from "./sections/checks.ts";
import { clocksSection } from "./sections/clocks.ts";
import { contradictionSection } from "./sections/contradiction.ts";
import { faultsSection } from "./sections/faults.ts";
import { performanceSection } from "./sections/performance.ts";
import { errorsSection, statisticsSection } from "./sections/statistics.ts";
import { environmentSection, filesSection, phasesSection } from "./sections/surroundings.ts";
import { timelineSection } from "./sections/timeline.ts";
import { nextSection, verdictSection } from "./sections/verdict.ts";

export type { ReportFile, ReportInput, ReportResults } from "./report-input.ts";

/** Anchors of the sections and their names in the page's navigation. */
const SECTIONS: readonly (readonly [string, string])[] = [
  ["contradiction", "Contradiction"],
  ["checks", "Checks"],
  ["performance", "Latency and rate"],
  ["faults", "Faults"],
  ["clocks", "Clocks"],
  ["timeline", "Timeline"],
  ["statistics", "Statistics"],
  ["errors", "Errors"],
  ["environment", "Environment"],
  ["phases", "Phases"],
  ["files", "Files"],
];

/**
 * The report as HTML text: self-contained, no request leaves it, opens from a file. Takes about a second, half of it
 * to load the figures' DOM; a history without operations needs none.
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const [model, pen, assets] = await Promise.all([
    pageModelOf(input),
    input.history.length > 0 ? openPen() : undefined,
    pageAssets(),
  ]);
  const sections: readonly Html[] = [
    contradictionSection(model, pen),
    checksSection(model),
    performanceSection(model, pen),
    faultsSection(model),
    clocksSection(model, pen),
    timelineSection(model, pen),
    statisticsSection(model),
    errorsSection(model),
    environmentSection(model),
    phasesSection(model),
    filesSection(model),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustedMarkup(assets.policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${model.judgement.title}: ${input.record.name}</title>
<style>${trustedMarkup(assets.style)}</style>
</head>
<body>
${header(model)}
<main>
${verdictSection(model)}
${nextSection(model)}
${navigation(sections)}
${sections}
</main>
<footer><p>Written by jepsen-ts ${input.record.environment.harness}.</p></footer>
<script>${trustedMarkup(assets.script)}</script>
</body>
</html>
`.markup;
}

function header({ input }: PageModel): Html {
  const { startDate, name } = input.record;
  const shown = startDate.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return html`<header><p class="wordmark">jepsen-ts</p><p class="run-name">${name}</p><p class="when"><time datetime="${startDate}">${shown}</time></p></header>`;
}

function navigation(sections: readonly Html[]): Html {
  const present = SECTIONS.filter((_, at) => sections[at]?.markup !== "");
  return html`<nav aria-label="Sections">${present.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>`;
}

/**
 * Writes report.html into the run's directory, atomically. Rejects with JepsenError "disk" when it cannot be written.
 */
export async function writeReport(input: ReportInput): Promise<void> {
  await replaceFile(join(input.directory, FILES.report), await renderReport(input));
}
