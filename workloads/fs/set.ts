import { setFullChecker } from "../../src/checker/set-full.ts";
import { any, clients, limit, repeat, spaced } from "../../src/generator/index.ts";
import type { Workload } from "../../src/test.ts";
import { complete, type FileWork, fileClient, unknownOperation } from "./client.ts";
import type { FsWorkloadOptions } from "./options.ts";
import { numbered } from "./rotating-keys.ts";
import { FRESH, SET_ELEMENTS, type SetElement } from "./set-elements.ts";

/** Listings grow long: so many seconds lie between them. */
const LISTING_GAP_S = 0.5;
const JITTER = 0.25;

function setWork(kind: SetElement): FileWork {
  return {
    folder: "set",
    async invoke(files, folder, op, signal) {
      switch (op.f) {
        case "add": {
          const outcome = await files.run(SET_ELEMENTS[kind](folder, op.value as number), signal);
          return complete(outcome, () => ({ type: "ok" }));
        }
        case "read":
          return complete(await files.run([["list", folder]], signal), (results) => ({
            type: "ok",
            value: (results[0] as string[])
              .filter((name) => !name.startsWith(FRESH))
              .map((name) => (/^\d+$/.test(name) ? Number(name) : name)),
          }));
        default:
          return unknownOperation(op);
      }
    },
  };
}

/** Adds of 0, 1, 2 … without pause, a listing now and then, and listings at the end. */
export function addsAndListings(concurrency: number): Pick<Workload, "generator" | "finalGenerator"> {
  const read = repeat({ f: "read", value: null });
  return {
    generator: clients(any(numbered("add"), spaced(LISTING_GAP_S, JITTER, read))),
    finalGenerator: limit(concurrency, read),
  };
}

/** Names made once each and synced, and listings of their directory: what was acknowledged stays, and nothing else appears. */
export function fsSet(options: FsWorkloadOptions): Workload {
  return {
    client: fileClient(options.target, setWork(options.setOf), options.timeoutMs),
    ...addsAndListings(options.concurrency),
    checker: setFullChecker({ linearizable: options.consistency === "linearizable" }),
  };
}
