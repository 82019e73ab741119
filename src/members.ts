import { isJepsenError } from "./errors.ts";
import type { Db, Test } from "./test.ts";

/** One member of a database's cluster. */
export interface Member {
  /** The database's own id of it: a node that leaves and joins again is another member. */
  readonly id: string;
  readonly node: string;
  /** False while it only learns, and has no vote yet. */
  readonly isVoter: boolean;
}

/**
 * A database whose members can leave and join while it runs. Both changes are asked of a node that answers; they
 * resolve when the change was accepted there, which is not when every member knows it, and reject with a JepsenError
 * whose data says `refused: true` when it certainly did not happen.
 */
export interface Members {
  /** Whom this node takes for the members now; undefined when it does not answer. */
  memberView(test: Test, node: string): Promise<readonly Member[] | undefined>;
  /** Takes `node` out of the membership. Its process is left to the caller, and is not started again before it has joined. */
  removeMember(test: Test, node: string, via: string): Promise<void>;
  /** Lets `node` join with empty data, starts it, and gives it a vote once it has caught up. */
  addMember(test: Test, node: string, via: string): Promise<void>;
}

/** Whether the database's members can leave and join. */
export function changesMembers(db: Db | undefined): db is Db & Members {
  return db !== undefined && ["memberView", "removeMember", "addMember"].every((method) => method in db);
}

/** Whether a change was refused, and certainly did not happen. */
export function isRefused(error: unknown): boolean {
  return isJepsenError(error) && error.data.refused === true;
}
