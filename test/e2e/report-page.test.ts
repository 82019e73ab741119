/** The report in a browser: it opens from a file, asks nobody for anything, and shows what matters. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../reports/report.ts";
import type { ReportInput } from "../../reports/report-input.ts";
import { hostileRun } from "../reports/hostile-run.ts";
import { crashedRun, emptyRun, longRun, staleReadRun, unknownRun, validRun } from "../reports/sample-runs.ts";

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Browser;
let directory: string;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: CHROMIUM_FLAGS });
  directory = await mkdtemp(join(tmpdir(), "report-page-"));
});

afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** What the browser complained about, and what it asked for beside the page itself. */
  readonly complaints: string[];
  readonly requests: string[];
}

async function open(input: ReportInput, hash = "", viewport = { width: 1280, height: 900 }): Promise<Opened> {
  const path = join(directory, `${randomName()}.html`);
  await writeFile(path, await renderReport(input));
  const page = await browser.newPage({ viewport });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  const address = pathToFileURL(path).href;
  await page.goto(address + hash);
  requests.splice(0, requests.length, ...requests.filter((url) => !url.startsWith(address)));
  return { page, complaints, requests };
}

let pages = 0;
function randomName(): string {
  return `page-${pages++}`;
}

const RUNS = { validRun, staleReadRun, unknownRun, crashedRun, emptyRun, hostileRun };

describe("every page", () => {
  test.each(Object.entries(RUNS))(
    "%s opens without a complaint or a request, on a desk and on a phone",
    async (_, make) => {
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        const { page, complaints, requests } = await open(make(directory), "", viewport);
        if (make !== emptyRun) await page.locator("#lanes .bar").first().waitFor();
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
        expect(await page.locator("h1").textContent()).toMatch(/\w+/);
        expect(complaints).toEqual([]);
        expect(requests).toEqual([]);
        await page.close();
      }
    },
  );
});

describe("hostile values", () => {
  test("do nothing, wherever they are shown", async () => {
    const { page, complaints } = await open(hostileRun(directory));
    await page.locator("#lanes .bar").first().waitFor();
    for (const bar of await page.locator("#lanes .bar").all()) await bar.click();
    await page.fill("#filter-key", "");
    await page.fill("#filter-text", "<img");
    await page.locator("#lanes .bar").first().waitFor();
    expect(await page.evaluate('"hacked" in globalThis')).toBe(false);
    expect(await page.locator("img, iframe, object, embed").count()).toBe(0);
    expect(await page.locator("script:not([type])").count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("could not run even if they became markup: the page's policy stops them", async () => {
    const { page } = await open(hostileRun(directory));
    await page.evaluate(`
      document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="globalThis.hacked = 1">');
      const script = document.createElement("script");
      script.textContent = "globalThis.hacked = 1";
      document.body.append(script);
    `);
    await page.waitForTimeout(100);
    expect(await page.evaluate('"hacked" in globalThis')).toBe(false);
    await page.close();
  });
});

describe("a stale read", () => {
  test("is told, drawn, and marked among its neighbours", async () => {
    const run = staleReadRun(directory);
    const { page } = await open(run);
    expect(await page.locator("h1").textContent()).toBe("Invalid");
    await expect(page.locator("#contradiction .sentence").textContent()).resolves.toMatch(/^Process \d+ read \d on n4/);
    expect(await page.locator("#contradiction svg.wide").isVisible()).toBe(true);
    expect(await page.locator("#contradiction svg.narrow").isVisible()).toBe(false);
    const marked = page.locator("#lanes .bar.marked");
    await marked.first().waitFor();
    expect(await marked.count()).toBe(3);
    const listed = await page.locator("#contradiction tbody .op-link").allTextContents();
    const indexes = await Promise.all((await marked.all()).map((bar) => bar.getAttribute("data-index")));
    expect(indexes.map((index) => `#${index}`)).toEqual(listed);
    expect(await page.inputValue("#filter-key")).not.toBe("");
    await page.close();
  });

  test("is reached by the links of its operations", async () => {
    const { page } = await open(staleReadRun(directory));
    const link = page.locator("#contradiction tbody .op-link").last();
    const index = (await link.textContent())?.slice(1);
    await link.click();
    await page.locator(`#lanes .bar.chosen[data-index="${index}"]`).waitFor();
    await expect(page.locator("#details").textContent()).resolves.toContain(`#${index} to #`);
    expect(await page.locator("#timeline h2").isVisible()).toBe(true);
    await page.close();
  });
});

describe("the timeline", () => {
  test("goes to any operation of a long history by its address, and around from there", async () => {
    const run = longRun(directory, 60_000);
    const target = run.history[90_000]!;
    const { page, complaints } = await open(run, `#op-${target.index}`);
    const chosen = page.locator("#lanes .bar.chosen");
    await chosen.waitFor();
    const process = `process ${target.process}`;
    await expect(page.locator("#details").textContent()).resolves.toContain(process);
    const note = () => page.locator("#timeline-note").textContent();
    const before = await note();
    await page.click("#later");
    await expect.poll(note).not.toBe(before);
    await page.click("#wider");
    await page.click("#wider");
    await expect.poll(async () => page.locator("#lanes .bar").count()).toBeGreaterThan(100);
    expect(await page.locator("#lanes .bar").count()).toBeLessThanOrEqual(600);
    await page.fill("#filter-text", "#4000");
    await page.press("#filter-text", "Enter");
    await expect.poll(() => page.locator("#details").textContent()).toMatch(/#(4000 to|\d+ to #4000)\b/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows only what the filters let through", async () => {
    const { page } = await open(validRun(directory));
    const bars = page.locator("#lanes .bar");
    await bars.first().waitFor();
    await page.selectOption("#filter-f", "write");
    await expect.poll(async () => (await bars.allTextContents()).every((text) => text.startsWith("write"))).toBe(true);
    await page.uncheck("#show-ok");
    await expect.poll(() => bars.count()).toBe(0);
    await page.check("#show-ok");
    await page.check("#to-scale");
    await bars.first().waitFor();
    await page.close();
  });
});

test("the command is copied, or selected where a page may not copy", async () => {
  const { page } = await open(validRun(directory));
  const button = page.locator(".next .copy").last();
  await button.click();
  await expect.poll(() => button.textContent()).toMatch(/^(Copied|Selected)$/);
  await page.close();
});
