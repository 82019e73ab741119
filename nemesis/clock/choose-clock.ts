import { readFile } from "node:fs/promises";
import { z } from "zod";
import { listsProcesses } from "../../src/abilities.ts";
import { onAllNodes } from "../../src/control/on-nodes.ts";
import { JepsenError } from "../../src/errors.ts";
import type { Test } from "../../src/test.ts";
import { runHelper } from "./helper.ts";
import { KernelClock } from "./kernel-clock.ts";
import type { NodeClock } from "./node-clock.ts";
import { VdsoClock } from "./vdso-clock.ts";

const facts = z.object({
  bootId: z.string().min(1),
  bootIdMasked: z.boolean(),
  canSetClock: z.boolean(),
  baseline: z.string(),
});

/** What was measured on a node to tell whose its kernel is. */
export type KernelFacts = z.infer<typeof facts>;

/** A node's clock, and whether that clock's kernel is the control process's own. */
export interface ChosenClock {
  readonly clock: NodeClock;
  readonly sharesControlKernel: boolean;
}

/** The same of the control process's machine; no boot id where it is not Linux, and so shares its kernel with no node. */
export interface ControlKernel {
  readonly bootId?: string;
  readonly bootIdMasked: boolean;
}

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

async function controlKernel(): Promise<ControlKernel> {
  if (process.platform !== "linux") return { bootIdMasked: false };
  const [bootId, mounts] = await Promise.all([readFile(BOOT_ID, "utf8"), readFile("/proc/self/mountinfo", "utf8")]);
  const bootIdMasked = mounts.split("\n").some((line) => line.split(" ")[4] === BOOT_ID);
  return { bootId: bootId.trim(), bootIdMasked };
}

/**
 * Nodes that have a kernel for themselves and may set its clock: their boot id is their own, and nothing was mounted
 * over it (systemd-nspawn gives each container a boot id that says nothing about the kernel). In doubt a kernel counts
 * as shared: setting a shared clock would move every node and the control process.
 */
export function ownKernels(kernels: ReadonlyMap<string, KernelFacts>, control: ControlKernel): ReadonlySet<string> {
  const all = [...kernels];
  const someMasked = control.bootIdMasked || all.some(([, { bootIdMasked }]) => bootIdMasked);
  return new Set(
    all
      .filter(
        ([node, { bootId, canSetClock }]) =>
          !someMasked &&
          canSetClock &&
          bootId !== control.bootId &&
          all.every(([other, kernel]) => other === node || kernel.bootId !== bootId),
      )
      .map(([node]) => node),
  );
}

/**
 * Measures the nodes' kernels and chooses how each node's clock is shifted; tries the vDSO on each node that needs it.
 * Rejects with JepsenError "environment" and one sentence where it cannot be done.
 */
export async function chooseClocks(
  test: Test,
  measureControl: () => Promise<ControlKernel> = controlKernel,
): Promise<ReadonlyMap<string, ChosenClock>> {
  const control = await measureControl();
  const kernels = await onAllNodes(test.nodes, async (node) =>
    runHelper(await test.cluster.session(node), "kernel-helper", ["probe"], facts),
  );
  const own = ownKernels(kernels, control);
  return onAllNodes(test.nodes, async (node) => {
    const session = await test.cluster.session(node);
    const { baseline, bootId } = kernels.get(node) as KernelFacts;
    if (own.has(node)) return { clock: new KernelClock(session, baseline), sharesControlKernel: false };
    const { db } = test;
    if (!listsProcesses(db)) {
      const sentence = `Node ${node} shares its kernel's clock, so that only the clocks of the database's processes can be shifted; this system does not say which they are.`;
      throw new JepsenError("environment", sentence, { node });
    }
    const clock = new VdsoClock(session, () => db.processes(test, node));
    await clock.verify();
    return { clock, sharesControlKernel: bootId === control.bootId };
  });
}
