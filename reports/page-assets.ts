/** The page's style and script, and the policy that lets nothing else run. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What the page carries within itself. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  /**
   * A Content-Security-Policy that allows this style and this script, by their hashes, and nothing else: no request
   * leaves the page, and markup that should ever slip in could not run.
   */
  readonly policy: string;
}

/** In the order of the cascade. */
const STYLES: readonly string[] = [
  "colours.css",
  "base.css",
  "verdict.css",
  "figures.css",
  "surroundings.css",
  "faults.css",
  "timeline.css",
  "narrow.css",
  "print.css",
];

function read(name: string): Promise<string> {
  return readFile(new URL(`./page/${name}`, import.meta.url), "utf8");
}

/** The script, bundled: the build leaves it beside the code; running from TypeScript sources there is none yet, so it is made. */
async function pageScript(): Promise<string> {
  if (!import.meta.url.endsWith(".ts")) return read("page.js");
  const { build } = await import("esbuild");
  const entry = fileURLToPath(new URL("./page/page.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

function source(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Reads them. */
export async function pageAssets(): Promise<PageAssets> {
  const [script, ...styles] = await Promise.all([pageScript(), ...STYLES.map(read)]);
  const style = styles.join("\n");
  const policy = `default-src 'none'; script-src ${source(script)}; style-src ${source(style)}; base-uri 'none'; form-action 'none'`;
  return { style, script, policy };
}
