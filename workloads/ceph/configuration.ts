import { ADMIN_KEYRING, DIRECTORY, dataOf, LOGS, MANAGER_MODULES } from "./paths.ts";
import { RANGES } from "./ports.ts";

/** How the cluster and its pool are set up. */
export interface ClusterOptions {
  /** Copies of each object. */
  readonly size: number;
  /** Copies that must be there for reads and writes to go on. */
  readonly minSize: number;
  readonly placementGroups: number;
  /** False: nobody has to prove who he is. */
  readonly cephx: boolean;
  /** A pool for objects. */
  readonly rados: boolean;
  /** A file system: metadata servers, its two pools, and a mount on every node. */
  readonly cephfs: boolean;
  /** The kernels of CephFS's clients keep file data (ceph-fuse's own default). */
  readonly pageCache: boolean;
}

/** A monitor and where it is. */
export interface Monitor {
  readonly node: string;
  readonly address: string;
}

/** Both protocols of one monitor, as monmaptool and ceph.conf take them. */
export function monitorAddress({ address }: Monitor): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `[v2:${host}:3300,v1:${host}:6789]`;
}

function listening(role: keyof typeof RANGES): string {
  const [first, last] = RANGES[role];
  return `ms bind msgr1 = false\nms bind port min = ${first}\nms bind port max = ${last}`;
}

const BLOCK_BYTES = 2 * 2 ** 30;
const CACHE_BYTES = 128 * 2 ** 20;

/**
 * ceph.conf, the same on every node. A silent OSD is taken for down after some 6 s instead of 20 (a metadata server:
 * 15), so that a partition of a few seconds is felt. An OSD that is taken for down over and over does not give up.
 * A mount waits for a metadata server, rather than end, when there is none yet. Managers have no modules, which take
 * seconds of a processor at each start and which no test needs. Memory is kept small: five nodes may share one machine.
 */
export function configuration(
  fsid: string,
  node: { readonly name: string; readonly address: string },
  monitors: readonly Monitor[],
  options: ClusterOptions,
): string {
  const auth = options.cephx ? "cephx" : "none";
  return `[global]
fsid = ${fsid}
mon initial members = ${monitors.map((monitor) => monitor.node).join(",")}
mon host = ${monitors.map(monitorAddress).join(",")}
auth cluster required = ${auth}
auth service required = ${auth}
auth client required = ${auth}
auth allow insecure global id reclaim = false
public addr = ${node.address}
cluster addr = ${node.address}
ms bind ipv6 = ${node.address.includes(":")}
ms bind ipv4 = ${!node.address.includes(":")}
log file = ${LOGS}/$type.log
log to stderr = false
err to stderr = true
mon cluster log file = ${LOGS}/cluster.log
debug rocksdb = 1/1
admin socket = ${DIRECTORY}/$type.asok
osd pool default size = ${options.size}
osd pool default min size = ${options.minSize}
osd pool default pg autoscale mode = off
mon allow pool delete = true
mon election timeout = 2
mon allow pool size one = true
osd crush chooseleaf type = 1
osd heartbeat interval = 1
osd heartbeat grace = 6
mon osd adjust heartbeat grace = false
mon osd min down reporters = 2
mon osd down out interval = 600
mds beacon interval = 1
mds beacon grace = 6

[mon]
mon data = ${dataOf("mon")}

[mgr]
mgr data = ${dataOf("mgr")}
mgr module path = ${MANAGER_MODULES}
${listening("mgr")}

[osd]
osd data = ${dataOf("osd")}
osd objectstore = bluestore
osd memory target = 939524096
bluestore block size = ${BLOCK_BYTES}
bluestore cache autotune = false
bluestore cache size = ${CACHE_BYTES}
osd crush update on start = false
osd max markdown count = 1000000
${listening("osd")}

[mds]
mds data = ${dataOf("mds")}
mds reconnect timeout = 5
${listening("mds")}

[client]
keyring = ${ADMIN_KEYRING}
log file =
admin socket =
client mount timeout = 20
fuse require active mds = false
fuse disable pagecache = ${!options.pageCache}
`;
}
