/** The first screen: the verdict, why, what to do next, and how to run it again. */

import type { RunFaults } from "../fault-spans.ts";
import { EMPTY, type Html, html, joined, trustedMarkup } from "../html.ts";
import type { Tone } from "../judgement.ts";
import { adviceOf } from "../judgement.ts";
import type { PageModel } from "../page-model.ts";
import { countOf, countText, durationText, shareText } from "../units.ts";
import { commandLine } from "./parts.ts";

/** The sign in the banner: tick, cross, question mark, exclamation mark. */
const SIGNS: Readonly<Record<Tone, string>> = {
  valid: "M9 17.5l5 5 10-12",
  invalid: "M10.5 10.5l11 11m0-11l-11 11",
  unknown: "M12 12.6a4 4 0 1 1 5.6 3.7c-1 .5-1.6 1.3-1.6 2.7M16 23.4v.1",
  failed: "M16 8.5v9.5M16 23.4v.1",
};

function sign(tone: Tone): Html {
  return trustedMarkup(
    `<svg class="sign" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="16"/><path d="${SIGNS[tone]}"/></svg>`,
  );
}

/** Of one family its installations, skipped ones too; of several how many of them took place at all. */
function provenText({ result, spans }: RunFaults): string {
  const families = Object.values(result.families);
  if (families.length > 1) {
    const proven = families.filter(({ installs }) => installs.proven > 0).length;
    return `${proven} of ${families.length} families`;
  }
  const total = spans.length + (families[0]?.installs.skipped ?? 0);
  return total === 0 ? "none" : `${spans.filter((span) => span.proven).length} of ${total}`;
}

function keyFigures({ statistics, faults, keyCount, endNs, input }: PageModel): Html {
  const { all } = statistics;
  const figures: readonly (readonly [string, string, string])[] = [
    ["Operations", countText(all.total), all.total === 0 ? "none begun" : `${shareText(all.ok, all.total)} succeeded`],
    [
      "Faults proven",
      faults === undefined ? "none" : provenText(faults),
      input.record.nemesis.join(", ") || "no nemesis",
    ],
    ...(keyCount > 0 ? [["Keys", countText(keyCount), input.record.workload] as const] : []),
    ["Duration", durationText(endNs), "first to last operation"],
    ["Nodes", countText(input.record.nodes.length), countOf(input.record.concurrency, "client")],
  ];
  return html`<dl class="key-figures">${figures.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`;
}

/** The banner. */
export function verdictSection(model: PageModel): Html {
  const { judgement, input, damage } = model;
  const { record } = input;
  const what = [record.suite, record.workload, record.nemesis.length > 0 ? record.nemesis.join(" + ") : "no faults"];
  const besides =
    damage === undefined
      ? judgement.besides
      : [...judgement.besides, `The history cannot be read as operations: ${damage}`];
  return html`<section class="verdict tone-${judgement.tone}" id="verdict">
<p class="what">${joined(what, " · ")}</p>
<h1>${sign(judgement.tone)}${judgement.title}</h1>
<p class="why">${judgement.sentence}</p>
${besides.map((text) => html`<p class="besides">${text}</p>`)}
${keyFigures(model)}
</section>
`;
}

/** What to do next, and the command. */
export function nextSection(model: PageModel): Html {
  const { input, judgement, contradictions, faults } = model;
  const advice = adviceOf(input, judgement, contradictions, faults);
  const items = advice.map(
    ({ text, command, anchor }) =>
      html`<li>${text}${anchor ? html` <a href="#${anchor.id}">${anchor.label}</a>` : EMPTY}${command ? commandLine(command) : EMPTY}</li>`,
  );
  return html`<div class="next">
<section aria-labelledby="next-title"><h2 id="next-title">What to do next</h2><ol>${items}</ol></section>
<section aria-labelledby="again-title"><h2 id="again-title">Run it again</h2>
${commandLine(input.commands.run)}
<p class="note">Seed <b class="seed">${input.record.seed}</b> decides every operation and every fault of the run.</p>
</section>
</div>
`;
}
