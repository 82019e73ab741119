/** Chooses the algorithm without search that fits a history, if there is one. */

import type { Model } from "../../model/model.ts";
import { checkDistinctQueue } from "./distinct-queue.ts";
import { checkDistinctSet } from "./distinct-set.ts";
import { type Group, groupSize } from "./group.ts";
import { type Intervals, intervalsOf } from "./intervals.ts";
import type { Meter } from "./meter.ts";
import { checkNumberedVersions } from "./numbered-versions.ts";
import { registerVersions } from "./register-versions.ts";
import type { Algorithm } from "./result.ts";
import { listVersions, textVersions } from "./sequence-versions.ts";
import type { StructureOutcome } from "./structure-outcome.ts";
import type { Tuning } from "./tuning.ts";
import { checkZones, type Versions } from "./zones.ts";

/** Bytes that these algorithms need for an operation, at most, values that are read aside. */
const BYTES_PER_OPERATION = 250;

/** Decides an object without search. Answers undefined where no such algorithm applies. */
export function decideByStructure(
  model: Model,
  group: Group,
  tuning: Tuning,
  meter: Meter,
): { readonly outcome: StructureOutcome; readonly algorithm: Algorithm } | undefined {
  const { structure } = model;
  if (structure === undefined) return undefined;
  const bytes = BYTES_PER_OPERATION * groupSize(group);
  meter.reserve(bytes);
  meter.look();
  try {
    const times = intervalsOf(group);
    if (tuning.planted === "timeless") times.invoked.fill(0);
    switch (structure.kind) {
      case "register":
        return byZones(registerVersions(model, structure, group, times), group, times, tuning);
      case "text":
        return byZones(textVersions(model, structure, group, times), group, times, tuning);
      case "list":
        return byZones(listVersions(model, structure, group, times), group, times, tuning);
      case "versions":
        return named("versions", checkNumberedVersions(model, structure, group, times));
      case "set":
        return named("set", checkDistinctSet(model, structure, group, times));
      case "fifo-queue":
        return named("queue", checkDistinctQueue(model, structure, group, times));
    }
  } finally {
    meter.release(bytes);
  }
}

function byZones(
  versions: Versions | StructureOutcome | undefined,
  group: Group,
  times: Intervals,
  tuning: Tuning,
): { readonly outcome: StructureOutcome; readonly algorithm: Algorithm } | undefined {
  if (versions === undefined || "verdict" in versions) return named("zones", versions);
  return named("zones", checkZones(versions, times, group.events.length, tuning.planted === "forget-initial"));
}

function named(algorithm: Algorithm, outcome: StructureOutcome | undefined) {
  return outcome === undefined ? undefined : { outcome, algorithm };
}
