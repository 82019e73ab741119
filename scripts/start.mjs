#!/usr/bin/env node
// `npm start`: makes the machine ready, builds, and does the main job.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nodeVersion, npmTree, systemPackages } from "./setup.mjs";

nodeVersion();
systemPackages(["nodes", "etcd"]);
npmTree();
const bin = fileURLToPath(new URL("../bin/jepsen-ts", import.meta.url));
const asked = process.argv.slice(2);
const argv = asked.length > 0 ? asked : ["run", "etcd", "--nemesis", "partition", "--time-limit", "30"];
const done = spawnSync(process.execPath, [bin, ...argv], { stdio: "inherit" });
process.exit(done.status ?? 255);
