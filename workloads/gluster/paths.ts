/** Where Gluster lives on a node. Bricks and the self-heal daemon write their logs where they were compiled to. */
import { SUITES_DIRECTORY } from "../../src/control/running-daemons.ts";

export const VOLUME = "jepsen";
export const DIRECTORY = `${SUITES_DIRECTORY}/gluster`;
export const LOGS = "/var/log/jepsen-ts/gluster";

export const GLUSTERD_VOLFILE = `${DIRECTORY}/glusterd.vol`;
export const GLUSTERD_PID = `${DIRECTORY}/glusterd.pid`;
export const GSYNCD_STUB = `${DIRECTORY}/gsyncd`;
export const MOUNT_PID = `${DIRECTORY}/mount.pid`;
export const BRICKS = `${DIRECTORY}/bricks`;
export const BRICK = `${BRICKS}/${VOLUME}`;
/** Each mount gets a directory of its own below this. */
export const MOUNTS = `${DIRECTORY}/mounts`;
/**
 * A symbolic link to the mount in use, switched once a new one is there: clients never meet the bare directory below a
 * mount point, in which every file would seem to be gone.
 */
export const CURRENT_MOUNT = `${DIRECTORY}/current`;
export const HEAL_REPORT = `${LOGS}/heal.txt`;

const OWN_LOGS = "/var/log/glusterfs";

/** Log files that may be there, and their names in a run's directory. */
export const LOG_FILES: Readonly<Record<string, string>> = {
  [`${LOGS}/glusterd.log`]: "glusterd.log",
  [`${LOGS}/mount.log`]: "mount.log",
  [`${OWN_LOGS}/bricks/${BRICK.slice(1).replaceAll("/", "-")}.log`]: "brick.log",
  [`${OWN_LOGS}/glustershd.log`]: "shd.log",
  [HEAL_REPORT]: "heal.txt",
};

/** glusterd with all its state in a directory of ours: what the machine has of its own is not touched. */
export const GLUSTERD_CONFIGURATION = `volume management
    type mgmt/glusterd
    option working-directory ${DIRECTORY}/glusterd
    option run-directory ${DIRECTORY}/run
    option transport-type socket
    option transport.socket.keepalive-time 10
    option transport.socket.keepalive-interval 2
    option transport.socket.read-fail-log off
    option transport.socket.listen-port 24007
    option ping-timeout 0
    option event-threads 1
    option max-port 60999
end-volume
`;
