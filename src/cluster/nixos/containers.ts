import { isJepsenError, JepsenError, messageOf } from "../../errors.ts";
import { hostCommand } from "../host-command.ts";

/** The module gives each container five minutes to boot. */
const BOOT_TIMEOUT_MS = 330_000;

/** Runs a program on this host; `hostCommand` but in tests. */
export type HostCommand = typeof hostCommand;

/** What systemd says of a container's unit. */
export interface ContainerState {
  /** Whether this host has such a unit at all. */
  readonly loaded: boolean;
  /** `active`, `inactive`, `failed`, `activating` … */
  readonly active: string;
}

/** The units of the module's containers, through systemctl. */
export class Containers {
  readonly #command: HostCommand;

  constructor(command: HostCommand = hostCommand) {
    this.#command = command;
  }

  /** The state of each unit. Rejects with JepsenError "environment" where there is no systemd. */
  async states(units: readonly string[]): Promise<ReadonlyMap<string, ContainerState>> {
    const argv = ["systemctl", "show", "--property=Id,LoadState,ActiveState", "--", ...units] as const;
    const out = await this.#command(argv);
    const blocks = out.split(/\n\s*\n/).map((block) => {
      const pairs = block.split("\n").map((line) => {
        const equals = line.indexOf("=");
        return [line.slice(0, equals), line.slice(equals + 1)] as const;
      });
      return new Map(pairs);
    });
    const unknown: ContainerState = { loaded: false, active: "inactive" };
    const states = new Map(units.map((unit) => [unit, unknown]));
    for (const block of blocks) {
      const id = block.get("Id");
      if (id !== undefined && states.has(id))
        states.set(id, { loaded: block.get("LoadState") === "loaded", active: block.get("ActiveState") ?? "inactive" });
    }
    return states;
  }

  /** Boots them, all at once, and waits until they have; those that are up stay as they are. */
  start(units: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#control("start", units, signal);
  }

  /** Ends and boots them. */
  restart(units: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#control("restart", units, signal);
  }

  stop(units: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#control("stop", units, signal);
  }

  async #control(verb: "start" | "restart" | "stop", units: readonly string[], signal?: AbortSignal): Promise<void> {
    if (units.length === 0) return;
    const options = { timeoutMs: BOOT_TIMEOUT_MS, ...(signal ? { signal } : {}) };
    try {
      await this.#command(["systemctl", verb, "--", ...units], options);
    } catch (error) {
      if (isJepsenError(error, "aborted")) throw error;
      const root = process.getuid?.() === 0 ? "" : " Containers belong to root: use sudo.";
      const sentence = `Cannot ${verb} ${units.join(", ")}: ${messageOf(error)}.${root} See journalctl -u ${units[0]}.`;
      throw new JepsenError("environment", sentence, { units }, error);
    }
  }
}
