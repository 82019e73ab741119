#!/usr/bin/env node
// Makes this machine ready: system packages through apt, the npm tree, the build. Quick when everything is there.
// Plain Node without dependencies, because it runs before `npm ci`.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { groups } from "./packages.mjs";

const root = new URL("..", import.meta.url).pathname;
const APT_TIMEOUT_MS = 900_000;
const NPM_TIMEOUT_MS = 600_000;

/** Ends the program with one sentence and the exit code for "you must do something first". */
export function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(254);
}

function onPath(program) {
  const folders = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isThere(need) {
  if (need.program) return onPath(need.program);
  return existsSync(need.file) || dpkgHas(need.packages[0]);
}

function dpkgHas(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
  const out = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Status}", name], { encoding: "utf8", timeout: 20_000 });
  return out.status === 0 && out.stdout === "installed";
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options,
  });
  if (done.status !== 0) {
    const tail = `${done.stdout ?? ""}\n${done.stderr ?? ""}`.trim().split("\n").slice(-15).join("\n");
    giveUp(`"${command} ${args.join(" ")}" failed (${done.error?.message ?? `exit code ${done.status}`}):\n${tail}`);
  }
  return done.stdout;
}

function known(candidates) {
  const found = candidates.find((name) => {
    const out = spawnSync("apt-cache", ["policy", name], { encoding: "utf8", timeout: 60_000 });
    return /Candidate: (?!\(none\))/.test(out.stdout ?? "");
  });
  return found ?? candidates[0];
}

/** Installs without letting the packages start their services: a policy-rc.d of our own says no while apt runs. */
function aptInstall(names) {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) {
    writeFileSync(policy, "#!/bin/sh\nexit 101\n");
    chmodSync(policy, 0o755);
  }
  const removePolicy = () => ours && rmSync(policy, { force: true });
  process.on("exit", removePolicy);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...names], {
    env,
    timeout: APT_TIMEOUT_MS,
  });
  removePolicy();
}

/** System packages for the named groups; says what to install and exits 254 where it may not. */
export function systemPackages(names) {
  if (process.platform !== "linux")
    giveUp("Nodes are made of Linux namespaces: run this on Linux, or use --nodes with machines of your own.");
  const missing = names.flatMap((name) => groups[name]).filter((need) => !isThere(need));
  if (missing.length === 0) return;
  const first = [...new Set(missing.map((need) => need.packages[0]))];
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !onPath("apt-get")) {
    const why = isRoot ? "this is not Debian or Ubuntu" : "this is not root";
    giveUp(
      `Missing: ${missing.map((need) => need.program ?? need.packages[0]).join(", ")}. They cannot be installed here (${why}). Install them first, on Debian or Ubuntu with:\n  sudo apt-get install -y --no-install-recommends ${first.join(" ")}`,
    );
  }
  process.stderr.write(`installing ${first.join(" ")}\n`);
  const lists = "/var/lib/apt/lists";
  const haveLists =
    existsSync(lists) && readdirSync(lists).some((name) => name.endsWith("Packages") || name.endsWith("Packages.lz4"));
  if (!haveLists) run("apt-get", ["update"], { timeout: APT_TIMEOUT_MS });
  let chosen = [...new Set(missing.map((need) => known(need.packages)))];
  if (chosen.some((name) => !spawnSync("apt-cache", ["show", name], { encoding: "utf8", timeout: 60_000 }).stdout)) {
    run("apt-get", ["update"], { timeout: APT_TIMEOUT_MS });
    chosen = [...new Set(missing.map((need) => known(need.packages)))];
  }
  aptInstall(chosen);
  const still = missing.filter((need) => !isThere(need));
  if (still.length > 0)
    giveUp(
      `Still missing after the installation: ${still.map((need) => need.program ?? need.packages[0]).join(", ")}.`,
    );
}

/** The npm tree, when package-lock.json is newer than what is installed. */
export function npmTree() {
  const stamp = join(root, "node_modules", ".jepsen-ts-lock");
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  process.stderr.write("installing the npm packages\n");
  run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, timeout: NPM_TIMEOUT_MS });
  writeFileSync(stamp, lock);
}

/** Node's own version, before anything else is tried. */
export function nodeVersion() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    giveUp(`Node ${process.versions.node} is too old: jepsen-ts needs Node 20.19 or newer.`);
}

if (process.argv[1] && statSync(process.argv[1]).ino === statSync(new URL(import.meta.url).pathname).ino) {
  nodeVersion();
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in groups));
  if (unknown.length > 0) giveUp(`Unknown group ${unknown.join(", ")}: choose from ${Object.keys(groups).join(", ")}.`);
  systemPackages(asked.length > 0 ? asked : ["nodes", "etcd"]);
  npmTree();
}
