import { z } from "zod";
import {
  CLOCK_KINDS,
  FILE_DAMAGE,
  PACKET_KINDS,
  PARTITION_KINDS,
  PORT_KINDS,
  TARGET_KINDS,
} from "../../nemesis/index.ts";

const interval = (family: string) =>
  z.number().positive().max(86_400).optional().describe(`--nemesis-interval for ${family} alone`);

const targets = (verb: string) =>
  z.array(z.string()).min(1).optional().describe(`whom to ${verb}: targets to choose from`);

/** What every `--…-targets` flag takes, for `--help`. */
export const TARGETS_HELP = `Targets of faults: ${TARGET_KINDS.join(", ")}, or nodes by name such as n1+n3`;

const roles = (verb: string) =>
  z.array(z.string()).min(1).optional().describe(`${verb} only the daemons of these roles`);

/** Flags that belong to one fault family each, by family. */
const flagsOfFamilies = {
  partition: {
    partition: z.array(z.enum(PARTITION_KINDS)).min(1).optional().describe("kinds of partition to choose from"),
    partitionInterval: interval("partition"),
    partitionTargets: targets("cut off from the rest"),
  },
  kill: { killInterval: interval("kill"), killTargets: targets("kill"), killRoles: roles("kill") },
  stop: { stopInterval: interval("stop"), stopTargets: targets("stop"), stopRoles: roles("stop") },
  restart: {
    restartInterval: interval("restart"),
    restartTargets: targets("restart"),
    restartRoles: roles("restart"),
  },
  pause: { pauseInterval: interval("pause"), pauseTargets: targets("pause"), pauseRoles: roles("pause") },
  clock: {
    clockInterval: interval("clock"),
    clock: z.array(z.enum(CLOCK_KINDS)).min(1).optional().describe("kinds of wrong clocks to choose from"),
    clockTargets: targets("give a wrong clock"),
  },
  packet: {
    packetInterval: interval("packet"),
    packetTargets: targets("strike with packet faults"),
    packet: z.array(z.enum(PACKET_KINDS)).min(1).optional().describe("kinds of packet faults to choose from"),
  },
  disk: {
    diskInterval: interval("disk"),
    diskTargets: targets("fill the disk of"),
    diskReserve: z.number().min(0).max(1_048_576).default(1).describe("MiB that a full disk has left"),
  },
  ports: {
    portsInterval: interval("ports"),
    portsTargets: targets("cut the ports of"),
    ports: z.array(z.enum(PORT_KINDS)).min(1).optional().describe("whose traffic to cut, to choose from"),
  },
  membership: {
    membershipInterval: interval("membership"),
    membershipTargets: targets("take out of the membership"),
    membershipUnsafe: z
      .boolean()
      .default(false)
      .describe("take members out also when the rest cannot go on without them"),
  },
  files: {
    filesInterval: interval("files"),
    fileDamage: z.array(z.enum(FILE_DAMAGE)).min(1).optional().describe("kinds of damage to files to choose from"),
    fileClass: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("classes of the database's files to damage, such as wal or snapshot"),
  },
};

/** All of them, as one schema. */
export const familyOptions = z.object({
  ...flagsOfFamilies.partition,
  ...flagsOfFamilies.kill,
  ...flagsOfFamilies.stop,
  ...flagsOfFamilies.restart,
  ...flagsOfFamilies.pause,
  ...flagsOfFamilies.clock,
  ...flagsOfFamilies.packet,
  ...flagsOfFamilies.disk,
  ...flagsOfFamilies.ports,
  ...flagsOfFamilies.membership,
  ...flagsOfFamilies.files,
});

/** The family that a flag belongs to, by the flag's name in the record. */
export const FAMILY_OF_FLAG: ReadonlyMap<string, string> = new Map(
  Object.entries(flagsOfFamilies).flatMap(([family, flags]) => Object.keys(flags).map((flag) => [flag, family])),
);

/** Seconds between the operations of one family: its own flag's, or every family's. */
export function intervalSeconds(family: string, options: Readonly<Record<string, unknown>>): number {
  return Number(options[`${family}Interval`] ?? options.nemesisInterval ?? 5);
}
