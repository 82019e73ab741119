import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Session } from "../../../src/test.ts";
import { askDaemon } from "../../../workloads/ceph/admin-socket.ts";
import { hideMount } from "../../../workloads/ceph/mount.ts";
import { requireCeph } from "../../../workloads/ceph/programs.ts";
import { RadosSession } from "../../../workloads/ceph/rados-session.ts";
import { LocalSession } from "../fs/local-session.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "jepsen-ts-ceph-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A daemon's end of the socket: it echoes what it was asked, in the daemon's framing. */
const DAEMON = `import json, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("ready", flush=True)
c, _ = s.accept()
asked = b""
while not asked.endswith(b"\\0"):
    asked += c.recv(100)
text = json.dumps({"state": "leader", "asked": json.loads(asked[:-1])}).encode()
c.sendall(struct.pack(">I", len(text)) + text)`;

it("a daemon is asked at its socket, and one that is not there answers nothing", async () => {
  const session = new LocalSession();
  const path = join(await folder(), "mon.asok");
  expect(await askDaemon(session, path, "mon_status")).toBeUndefined();
  const daemon = await session.spawn(["python3", "-c", DAEMON, path]);
  onTestFinished(() => daemon.close());
  await daemon.lines[Symbol.asyncIterator]().next();
  const answer = await askDaemon(session, path, "mon_status");
  expect(answer).toEqual({ state: "leader", asked: { prefix: "mon_status" } });
});

/** Just enough of python3-rados for the agent to read an omap of which an OSD gives three entries at a time. */
const RADOS = `MAX_ERRNO = 4095
class Error(Exception): pass
class ObjectNotFound(Error): pass
class ExtendMismatch(Error): pass
class ReadOpCtx:
    def __enter__(self): return self
    def __exit__(self, *args): pass
class Pool:
    def get_omap_vals(self, op, after, prefix, most):
        return [(key, b"x") for key in "abcdefgh" if key > after][:min(3, most)], 0
    def operate_read_op(self, op, name): pass
class Rados:
    def __init__(self, **options): pass
    def connect(self, timeout): pass
    def open_ioctx(self, pool): return Pool()
`;

it("all keys of an omap are read, however few an OSD gives at a time", async () => {
  const path = await folder();
  await writeFile(join(path, "rados.py"), RADOS);
  const local = new LocalSession();
  const spawn: Session["spawn"] = (argv) => local.spawn(["env", `PYTHONPATH=${path}`, ...argv]);
  const rados = new RadosSession({ node: "here", spawn } as Session, "pool", 5_000);
  onTestFinished(() => rados.close());
  expect(await rados.call(["omapKeys", "set"])).toEqual({ value: [..."abcdefgh"] });
});

it("what a node lacks is told in one sentence", async () => {
  const lacking: Session["exec"] = async (argv) =>
    argv[0] === "sh" ? { code: 0, stdout: "ceph-fuse\n", stderr: "" } : { code: 1, stdout: "", stderr: "no module" };
  const session = { node: "n2", exec: lacking } as Session;
  await expect(requireCeph(session, true)).rejects.toThrow(
    /^Node n2 lacks ceph-fuse and the rados module of its python3, which Ceph needs: install it there \(Debian: [^.]*python3-rados ceph-mds ceph-fuse; [^.]*\)\.$/,
  );
  const whole: Session["exec"] = async () => ({ code: 0, stdout: "", stderr: "" });
  await expect(requireCeph({ node: "n2", exec: whole } as Session, true)).resolves.toBeUndefined();
});

it("a mount that is asked to end is hidden first: nobody comes through to the bare directory below it", async () => {
  const path = await folder();
  const link = join(path, "current");
  await hideMount(new LocalSession(), link); // no mount was ever there: nothing to hide
  await expect(readlink(link)).rejects.toThrow(/ENOENT/);
  await mkdir(join(path, "0"));
  await writeFile(join(path, "0", "file"), "text");
  await symlink(join(path, "0"), link);
  expect(await readFile(join(link, "file"), "utf8")).toBe("text");
  await hideMount(new LocalSession(), link);
  await expect(readFile(join(link, "file"))).rejects.toThrow(/ELOOP/);
  await hideMount(new LocalSession(), link);
  await expect(readFile(join(link, "file"))).rejects.toThrow(/ELOOP/);
});
