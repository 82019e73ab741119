import { stat } from "node:fs/promises";
import { register as registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { register as registerTypeScript } from "tsx/esm/api";
import { cephSuite } from "../../workloads/ceph/suite.ts";
import { demoSuite } from "../../workloads/demo/suite.ts";
import { etcdSuite } from "../../workloads/etcd/suite.ts";
import { fsSuite } from "../../workloads/fs/suite.ts";
import { glusterSuite } from "../../workloads/gluster/suite.ts";
import { isJepsenError, JepsenError, messageOf } from "../errors.ts";
import type { Suite } from "../test.ts";

/** The suites that come with the program, by name. */
export const BUILT_IN: ReadonlyMap<string, Suite> = new Map(
  [cephSuite, demoSuite, etcdSuite, fsSuite, glusterSuite].map((suite) => [suite.name, suite]),
);

let hooked = false;

/**
 * In a user's module `jepsen-ts` means the program that runs, wherever the module lies: no second copy, no installation.
 * And a TypeScript file is an ES module, whether or not a package.json beside it says so.
 */
const HOOK = `
  let parentURL;
  export function initialize(data) { parentURL = data.parentURL; }
  export async function resolve(specifier, context, next) {
    const own = /^jepsen-ts(\\/|$)/.test(specifier);
    const found = await next(specifier, own ? { ...context, parentURL } : context);
    return /^file:.*\\.m?ts(\\?|$)/.test(found.url) ? { ...found, format: "module" } : found;
  }`;

function hookImports(): void {
  if (hooked) return;
  hooked = true;
  registerTypeScript();
  registerHooks(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data: { parentURL: import.meta.url } });
}

function looksLikePath(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/** Whether a word of the command line can only be meant as a suite. */
export function namesSuite(word: string): boolean {
  return BUILT_IN.has(word) || /\.[cm]?[jt]s$/.test(word);
}

function isSuite(value: unknown): value is Suite {
  const suite = value as Partial<Suite> | undefined;
  return (
    typeof suite?.name === "string" &&
    typeof suite.workloads === "object" &&
    typeof suite.options?.safeParse === "function"
  );
}

async function loadModule(path: string): Promise<Suite> {
  hookImports();
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    if (isJepsenError(error)) throw error;
    throw new JepsenError("usage", `The suite ${path} cannot be loaded: ${messageOf(error)}`, { path }, error);
  }
  const candidates = [module.default, module.suite, ...Object.values(module)];
  const suite = candidates.find(isSuite);
  if (!suite) {
    throw new JepsenError(
      "usage",
      `The module ${path} exports no suite: export an object with name, options (a zod object) and workloads.`,
      { path },
    );
  }
  return suite;
}

/** A suite by its built-in name, or from the user's own module. `reference` is what test.json keeps to find it again. */
export async function findSuite(name: string): Promise<{ readonly suite: Suite; readonly reference: string }> {
  const builtIn = BUILT_IN.get(name);
  if (builtIn) return { suite: builtIn, reference: name };
  const path = resolve(name);
  const exists = await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (exists) return { suite: await loadModule(path), reference: path };
  const known = [...BUILT_IN.keys()].join(", ");
  if (looksLikePath(name)) throw new JepsenError("usage", `There is no suite file ${path}.`);
  throw new JepsenError(
    "usage",
    `There is no suite "${name}": choose from ${known}, or give the path of your own module.`,
  );
}
