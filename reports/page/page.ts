/** The report's own script: copies commands, and starts the timeline. It works from a file and asks nobody for anything. */

import type { PageData } from "./data.ts";
import { startTimeline } from "./timeline.ts";

/** Copies through the clipboard where the browser lets a page from a file do that, else through a selection. */
async function copy(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    // The clipboard is closed to this page: select the command, so that one key copies it.
    getSelection()?.selectAllChildren(source);
    return false;
  }
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button.copy")) {
  const source = button.parentElement?.querySelector<HTMLElement>("code");
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.textContent = (await copy(source)) ? "Copied" : "Selected";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
}

const stored = document.getElementById("page-data");
if (stored) startTimeline(JSON.parse(stored.textContent ?? "") as PageData);
