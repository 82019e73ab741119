/** The fault families, and how users make their own. */
import { clockFamily } from "./clock/clock.ts";
import { diskFamily } from "./disk/disk.ts";
import type { FaultFamily } from "./family.ts";
import { filesFamily } from "./files/files.ts";
import { membershipFamily } from "./membership/membership.ts";
import { PACKET_KINDS } from "./packet/behaviour.ts";
import { packetFamily } from "./packet/packet.ts";
import { partitionFamily } from "./partition/partition.ts";
import { portsFamily } from "./ports/ports.ts";
import { PORT_KINDS } from "./ports/ports-nemesis.ts";
import { killFamily, pauseFamily, restartFamily, stopFamily } from "./process/process.ts";

export { clockFamily } from "./clock/clock.ts";
export { CLOCK_KINDS } from "./clock/clock-generator.ts";
export { diskFamily } from "./disk/disk.ts";
export { type FaultContext, type FaultFamily, rhythm } from "./family.ts";
export { FILE_DAMAGE, filesFamily } from "./files/files.ts";
export { membershipFamily } from "./membership/membership.ts";
export { bisect, bridge, completeGrudge, type Grudge, isCut, majoritiesRing, oneWay } from "./partition/grudge.ts";
export { partitionFamily } from "./partition/partition.ts";
export { PARTITION_KINDS, type PartitionKind, type PartitionValue } from "./partition/partition-kinds.ts";
export { killFamily, pauseFamily, restartFamily, stopFamily } from "./process/process.ts";
export { drawTargets, resolveTargets, TARGET_KINDS, type TargetKind, type Targets } from "./targets.ts";
export { PACKET_KINDS, PORT_KINDS, packetFamily, portsFamily };

/** The families that come with the program, by the name that `--nemesis` takes. */
export const FAMILIES: ReadonlyMap<string, FaultFamily> = new Map(
  [
    partitionFamily,
    killFamily,
    stopFamily,
    pauseFamily,
    restartFamily,
    clockFamily,
    filesFamily,
    packetFamily,
    diskFamily,
    membershipFamily,
    portsFamily,
  ].map((family) => [family.name, family]),
);
