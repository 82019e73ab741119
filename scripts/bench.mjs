#!/usr/bin/env node
// `npm run bench -- NAME …`: builds and runs one benchmark, which prints a table.
import { existsSync, readdirSync } from "node:fs";
import { giveUp, npmTree } from "./setup.mjs";

npmTree();
const { build, isStale } = await import("./build.mjs");
const problem = isStale() ? build() : undefined;
if (problem !== undefined) giveUp(problem);
const [name, ...rest] = process.argv.slice(2);
const module = new URL(`../dist/bench/${name}.js`, import.meta.url);
const names = readdirSync(new URL("../bench", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
if (name === undefined || !existsSync(module)) giveUp(`Name a benchmark: ${names.join(", ")}.`);
const { bench } = await import(module.href);
if (typeof bench !== "function") giveUp(`bench/${name}.ts is a part of another benchmark.`);
await bench(rest);
