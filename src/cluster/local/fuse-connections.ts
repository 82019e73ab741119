import { readdir, readFile } from "node:fs/promises";
import { hostCommand } from "../host-command.ts";

/** Numbers of the FUSE connections in a text of /proc/PID/mountinfo: the minor numbers of their devices. */
export function mountedConnections(mountinfo: string): readonly number[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [mount = "", source = ""] = line.split(" - ");
    const device = /^0:(\d+)$/.exec(mount.split(" ")[2] ?? "");
    return device && /^fuse(\.|\s)/.test(source) ? [Number(device[1])] : [];
  });
}

const ABORT = `connections=/sys/fs/fuse/connections
for number; do
  [ -e "$connections/$number/abort" ] || mount -t fusectl fusectl "$connections"
  [ ! -e "$connections/$number/abort" ] || echo 1 > "$connections/$number/abort"
done`;

/**
 * Breaks off the FUSE connections of these processes, but for those that this machine has mounted itself. A process that
 * waits for the answer of a FUSE server cannot be killed; and when it holds the device open itself, as the children of
 * servers do, the death of the server frees nobody.
 */
export async function abortFuseConnections(pids: readonly number[]): Promise<void> {
  const own = new Set(mountedConnections(await textOf("/proc/self/mountinfo")));
  const found = await Promise.all(
    pids.map(async (pid) => [...mountedConnections(await textOf(`/proc/${pid}/mountinfo`)), ...(await held(pid))]),
  );
  const stuck = [...new Set(found.flat())].filter((number) => !own.has(number));
  if (stuck.length === 0) return;
  await hostCommand(["unshare", "--mount", "sh", "-c", ABORT, "sh", ...stuck.map(String)]);
}

/** Connections whose device the process holds open; newer kernels tell. */
async function held(pid: number): Promise<readonly number[]> {
  const names = await readdir(`/proc/${pid}/fdinfo`).catch(() => []); // it may have ended
  const texts = await Promise.all(names.map((name) => textOf(`/proc/${pid}/fdinfo/${name}`)));
  return texts.flatMap((text) => /^fuse_connection:\s*(\d+)/m.exec(text)?.[1] ?? []).map(Number);
}

/** "" for a process that has ended meanwhile. */
function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
