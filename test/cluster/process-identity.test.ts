import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { identify, isAlive } from "../../src/cluster/process-identity.ts";

describe("identify", () => {
  it("tells a live process from a dead one, and from another that got its number", async () => {
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    await once(child, "spawn");
    const identity = await identify(child.pid ?? 0);
    expect(identity?.pid).toBe(child.pid);
    if (!identity) return;
    expect(await isAlive(identity)).toBe(true);
    expect(await isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await isAlive(identity)).toBe(false);
  });

  it("reads past a command name that holds spaces and parentheses", async () => {
    const script = 'printf "a ) S b" > /proc/$$/comm; echo ready; read -r line';
    const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    await once(child.stdout, "data");
    const named = await identify(child.pid ?? 0);
    const self = await identify(process.pid);
    expect(named?.startTicks).toBeGreaterThanOrEqual(self?.startTicks ?? Number.POSITIVE_INFINITY);
    child.stdin.end();
    await once(child, "exit");
  });
});
