/** The TCP ports on which Ceph listens, each with one purpose on every node: what cuts ports must know them. */

/** Monitors, by both protocols. Other daemons, other monitors and clients all come here. */
const MON = [3300, 6789];

/**
 * Ports that a role takes, the first free one first. An OSD needs four (for clients, for copies, and two for heartbeats),
 * in this order; those between OSDs move to others when it was taken for down by mistake. Only the second version of
 * the protocol is spoken there: the first would need as many again.
 */
export const RANGES = { osd: [6800, 6811], mds: [6820, 6823], mgr: [6830, 6833] } as const;

const all = ([first, last]: readonly [number, number]) => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const [osdForClients = 0, ...osdForOsds] = all(RANGES.osd);

/** Clients reach OSDs and metadata servers by ports of their own; they share those of the monitors with the daemons. */
export const PORTS = {
  peer: [...MON, ...osdForOsds, ...all(RANGES.mgr)],
  client: [osdForClients, ...all(RANGES.mds)],
};
