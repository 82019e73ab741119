import { lacking, missingPrograms } from "../../src/control/exec.ts";
import type { Session } from "../../src/test.ts";

const ALWAYS = ["ceph-mon", "ceph-mgr", "ceph-osd", "ceph", "monmaptool", "python3", "setsid", "timeout"];
const CEPHFS = ["ceph-mds", "ceph-fuse", "umount"];

/** Rejects with JepsenError "environment" and one sentence when the node lacks anything. */
export async function requireCeph(session: Session, cephfs: boolean): Promise<void> {
  const missing = [...(await missingPrograms(session, cephfs ? [...ALWAYS, ...CEPHFS] : ALWAYS))];
  if (!missing.includes("python3") && (await session.exec(["python3", "-c", "import rados"])).code !== 0) {
    missing.push("the rados module of its python3");
  }
  if (missing.length === 0) return;
  const packages = `ceph-mon ceph-mgr ceph-osd ceph-common python3-rados${cephfs ? " ceph-mds ceph-fuse" : ""}`;
  const remedy = `install it there (Debian: apt-get install --no-install-recommends ${packages}; in a clone, \`npm run setup -- ceph\` for local nodes)`;
  throw lacking(session.node, missing, "Ceph", remedy);
}
