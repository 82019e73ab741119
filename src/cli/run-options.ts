import { z } from "zod";
import { FAMILIES } from "../../nemesis/index.ts";
import { JepsenError } from "../errors.ts";
import { familyOptions } from "./family-options.ts";

/** Flags of every run, whatever the suite. */
export const runOptions = z.object({
  workload: z.string().optional().describe("what clients do (the suite's help lists its workloads)"),
  timeLimit: z.number().positive().max(604_800).default(60).describe("seconds of operations and faults"),
  concurrency: z.string().default("2n").describe("client threads: a number, or a multiple of the nodes such as 2n"),
  rate: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("operations a second over all clients; 0: as fast as it goes"),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe("of all random choices; drawn when not given"),
  operationTimeout: z
    .number()
    .positive()
    .max(3600)
    .default(10)
    .describe("seconds after which a client that does not answer is given up"),
  setupTimeout: z
    .number()
    .positive()
    .max(86_400)
    .default(300)
    .describe("seconds that setting the database up, or clients and faults, may take"),
  settle: z.number().min(0).max(3600).default(5).describe("healthy seconds before final reads"),
  checkTime: z.number().positive().max(86_400).default(120).describe("seconds that checking may take"),
  checkMemory: z.int().min(64).max(1_048_576).default(2048).describe("MiB that checking may use"),
  store: z.string().min(1).default("store").describe("where runs are kept"),
});

const commonFaultOptions = z.object({
  nemesis: z
    .array(z.string())
    .default([])
    .describe(
      `faults, several at a time: ${[...FAMILIES.keys()].join(", ")}; all (but files) that this system can have; none`,
    ),
  nemesisInterval: z
    .number()
    .positive()
    .max(86_400)
    .default(5)
    .describe("seconds between one fault operation and the next"),
  nemesisSchedule: z
    .string()
    .min(1)
    .default("random")
    .describe(
      "when faults come: random; alternating (quiet and faulty periods); one-of-each (every fault once, one after another); or a JSON file with operations at fixed times",
    ),
  nemesisPeriod: z
    .number()
    .positive()
    .max(86_400)
    .default(20)
    .describe("seconds of each quiet and each faulty period of --nemesis-schedule alternating"),
  nemesisMissing: z
    .enum(["refuse", "skip"])
    .default("refuse")
    .describe("what to do about faults that this system or these nodes cannot have"),
  lease: z
    .int()
    .min(4)
    .max(3600)
    .default(10)
    .describe("seconds after which faults undo themselves when this program dies"),
  healFirst: z.boolean().default(false).describe("undo and remove what another run left on the nodes"),
});

/** Flags of the faults: those of all families, then those of each. */
export const faultOptions = commonFaultOptions.extend(familyOptions.shape);

/** Threads for `5`, `2n`, `0.5n`. Throws JepsenError "usage". */
export function parseConcurrency(text: string, nodes: number): number {
  const match = /^(\d+(?:\.\d+)?)(n?)$/.exec(text);
  const threads = match ? Number(match[1]) * (match[2] === "n" ? nodes : 1) : Number.NaN;
  if (!Number.isInteger(threads) || threads < 1 || threads > 10_000) {
    throw new JepsenError(
      "usage",
      `--concurrency takes a whole number of threads up to 10000, or a multiple of the nodes such as 2n, not "${text}".`,
    );
  }
  return threads;
}
