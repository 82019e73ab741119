/** Where Ceph lives on a node, and what its pools are called. */
import { SUITES_DIRECTORY } from "../../src/control/running-daemons.ts";

/** The pool that the RADOS workloads use. */
export const POOL = "jepsen";
export const FILE_SYSTEM = "jepsen";
export const METADATA_POOL = "jepsen-metadata";
export const DATA_POOL = "jepsen-data";

export const DIRECTORY = `${SUITES_DIRECTORY}/ceph`;
export const LOGS = "/var/log/jepsen-ts/ceph";
export const CONF = `${DIRECTORY}/ceph.conf`;
export const MONMAP = `${DIRECTORY}/monmap`;
export const ADMIN_KEYRING = `${DIRECTORY}/admin.keyring`;
/** The keys of all daemons: the monitors learn them from it when they are made, and it is removed then. */
export const INITIAL_KEYRING = `${DIRECTORY}/initial.keyring`;
/** An empty directory, for managers to find no modules in. */
export const MANAGER_MODULES = `${DIRECTORY}/no-modules`;
/** Each mount of CephFS gets a directory of its own below this. */
export const MOUNTS = `${DIRECTORY}/mounts`;
/** A symbolic link to the mount in use. */
export const CURRENT_MOUNT = `${DIRECTORY}/current`;

/** What can be killed and paused by itself; `mount` is a client, ceph-fuse. */
export const ROLES = ["mon", "mgr", "osd", "mds", "mount"] as const;
export type Role = (typeof ROLES)[number];

/** A daemon's own directory, pidfile and control socket. */
export const dataOf = (role: Role) => `${DIRECTORY}/${role}`;
export const pidFileOf = (role: Role) => `${DIRECTORY}/${role}.pid`;
export const socketOf = (role: Role) => `${DIRECTORY}/${role}.asok`;
