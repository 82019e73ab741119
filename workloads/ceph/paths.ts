/** Where Ceph lives on a node. */

export const POOL = "jepsen";
export const DIRECTORY = "/var/lib/jepsen-ts/ceph";
export const LOGS = "/var/log/jepsen-ts/ceph";
export const CONF = `${DIRECTORY}/ceph.conf`;
export const MONMAP = `${DIRECTORY}/monmap`;
export const ADMIN_KEYRING = `${DIRECTORY}/admin.keyring`;
/** The keys of all daemons: the monitors learn them from it when they are made, and it is removed then. */
export const INITIAL_KEYRING = `${DIRECTORY}/initial.keyring`;

/** What can be killed and paused by itself. */
export const ROLES = ["mon", "mgr", "osd"] as const;
export type Role = (typeof ROLES)[number];

/** A daemon's own directory, pidfile and control socket. */
export const dataOf = (role: Role) => `${DIRECTORY}/${role}`;
export const pidFileOf = (role: Role) => `${DIRECTORY}/${role}.pid`;
export const socketOf = (role: Role) => `${DIRECTORY}/${role}.asok`;
