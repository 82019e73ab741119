/** The mistakes that the demonstration store can be asked to make. */
export const BUGS = ["stale-reads", "lost-writes", "split-brain", "dirty-reads"] as const;

/**
 * stale-reads: reads are answered from the node's own copy, which lags behind · lost-writes: writes are acknowledged
 * before another node has them · split-brain: a primary that lost the others goes on as before · dirty-reads: the
 * halves of a transaction can be seen one by one.
 */
export type Bug = (typeof BUGS)[number];
