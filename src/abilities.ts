import type {
  ClockProbe,
  DataFiles,
  Db,
  Kill,
  LogFiles,
  Pause,
  Ports,
  Primaries,
  Processes,
  StartHooks,
  Stop,
} from "./test.ts";

/** Optional abilities of a database are detected by the methods that it has. */
function has<T>(db: Db | undefined, ...methods: readonly string[]): db is Db & T {
  return db !== undefined && methods.every((method) => method in db);
}

export const canKill = (db: Db | undefined): db is Db & Kill => has<Kill>(db, "kill", "start");
export const canStop = (db: Db | undefined): db is Db & Stop => has<Stop>(db, "stop");
export const canPause = (db: Db | undefined): db is Db & Pause => has<Pause>(db, "pause", "resume");
export const knowsPrimaries = (db: Db | undefined): db is Db & Primaries => has<Primaries>(db, "primaries");
export const hasLogFiles = (db: Db | undefined): db is Db & LogFiles => has<LogFiles>(db, "logFiles");
export const listsProcesses = (db: Db | undefined): db is Db & Processes => has<Processes>(db, "processes", "roles");
export const hasPorts = (db: Db | undefined): db is Db & Ports => has<Ports>(db, "ports");
export const hasDataFiles = (db: Db | undefined): db is Db & DataFiles => has<DataFiles>(db, "dataFiles");
export const showsClock = (db: Db | undefined): db is Db & ClockProbe => has<ClockProbe>(db, "databaseClock");
export const hasStartHooks = (db: Db | undefined): db is Db & StartHooks => has<StartHooks>(db, "onStart");
