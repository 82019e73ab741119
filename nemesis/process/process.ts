import { canKill, canPause, canStop, listsProcesses } from "../../src/abilities.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { type FaultContext, type FaultFamily, rhythm } from "../family.ts";
import {
  aimed,
  drawTargets,
  possibleTargets,
  TARGET_KINDS,
  type TargetKind,
  targetsSchema,
  wrongTargets,
} from "../targets.ts";
import { DownNemesis } from "./down-nemesis.ts";
import { PauseNemesis } from "./pause-nemesis.ts";

/** Whom each family strikes when no flag says it. */
const DEFAULT_TARGETS: readonly TargetKind[] = TARGET_KINDS;

function list(context: FaultContext, option: string): readonly string[] | undefined {
  return context.options[option] as readonly string[] | undefined;
}

/** One of the kinds of targets that `--<family>-targets` names. */
function strike(f: string, family: string, context: FaultContext): GeneratorLike {
  const kinds = list(context, `${family}Targets`) ?? possibleTargets(DEFAULT_TARGETS, context);
  return (test, { random }) => ({ f, value: drawTargets(random.pick(kinds), test.nodes, random) });
}

/** What every family of this folder needs; `able` says whether the database has its own ability. */
function cannot(family: string, able: boolean, what: string, context: FaultContext): string | undefined {
  if (!listsProcesses(context.db))
    return `The fault ${family} needs a system that lists its processes, and this one does not.`;
  if (!able) return `The fault ${family} needs a system that can be ${what}, and this one cannot.`;
  const { roles } = context.db;
  const unknown = list(context, `${family}Roles`)?.find((role) => !roles.includes(role));
  if (unknown !== undefined) return `--${family}-roles takes ${roles.join(", ")}, not "${unknown}".`;
  return wrongTargets(`${family}-targets`, list(context, `${family}Targets`), context);
}

/** SIGKILL, and a start later. */
export const killFamily: FaultFamily = {
  name: "kill",
  summary: "kills the database's processes (SIGKILL) and starts them later",
  cannot: (context) => cannot("kill", canKill(context.db), "killed and started", context),
  make(context): NemesisPackage {
    const words = {
      end: "kill",
      start: "start-killed",
      heal: "heal-kill",
      how: "killed with SIGKILL",
      graceful: false,
    };
    return {
      name: "kill",
      nemesis: new DownNemesis({ family: "kill", ...words }, list(context, "killRoles")),
      generator: rhythm(context.intervalMs, [strike("kill", "kill", context), { f: "start-killed" }]),
      finalGenerator: [{ f: "start-killed" }, { f: "heal-kill" }],
      bands: [{ family: "kill", start: ["kill"], stop: ["start-killed", "heal-kill"] }],
      values: { kill: aimed(targetsSchema, context.nodes) },
    };
  },
};

/** SIGTERM, and a start later. */
export const stopFamily: FaultFamily = {
  name: "stop",
  summary: "ends the database's processes in good order (SIGTERM) and starts them later",
  cannot: (context) => cannot("stop", canStop(context.db) && canKill(context.db), "stopped and started", context),
  make(context): NemesisPackage {
    const words = {
      end: "stop",
      start: "start-stopped",
      heal: "heal-stop",
      how: "ended in good order",
      graceful: true,
    };
    return {
      name: "stop",
      nemesis: new DownNemesis({ family: "stop", ...words }, list(context, "stopRoles")),
      generator: rhythm(context.intervalMs, [strike("stop", "stop", context), { f: "start-stopped" }]),
      finalGenerator: [{ f: "start-stopped" }, { f: "heal-stop" }],
      bands: [{ family: "stop", start: ["stop"], stop: ["start-stopped", "heal-stop"] }],
      values: { stop: aimed(targetsSchema, context.nodes) },
    };
  },
};

/** SIGKILL and a start at once. */
export const restartFamily: FaultFamily = {
  name: "restart",
  summary: "kills the database's processes and starts them at once",
  cannot: (context) => cannot("restart", canKill(context.db), "killed and started", context),
  make(context): NemesisPackage {
    const words = {
      restart: "restart",
      heal: "heal-restart",
      how: "killed with SIGKILL and started again",
      graceful: false,
    };
    return {
      name: "restart",
      nemesis: new DownNemesis({ family: "restart", ...words }, list(context, "restartRoles")),
      generator: rhythm(context.intervalMs, [strike("restart", "restart", context)]),
      finalGenerator: [{ f: "heal-restart" }],
      bands: [{ family: "restart", start: ["restart"], stop: [] }],
      values: { restart: aimed(targetsSchema, context.nodes) },
    };
  },
};

/** SIGSTOP, and SIGCONT later. */
export const pauseFamily: FaultFamily = {
  name: "pause",
  summary: "freezes the database's processes (SIGSTOP) and thaws them later",
  cannot: (context) => cannot("pause", canPause(context.db), "paused", context),
  make(context): NemesisPackage {
    return {
      name: "pause",
      nemesis: new PauseNemesis(list(context, "pauseRoles")),
      generator: rhythm(context.intervalMs, [strike("pause", "pause", context), { f: "resume" }]),
      finalGenerator: [{ f: "resume" }, { f: "heal-pause" }],
      bands: [{ family: "pause", start: ["pause"], stop: ["resume", "heal-pause"] }],
      values: { pause: aimed(targetsSchema, context.nodes) },
    };
  },
};
