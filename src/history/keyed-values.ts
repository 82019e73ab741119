import type { Key, Op, Process } from "./op.ts";
import { valueText } from "./value.ts";

/**
 * Histories of Jepsen's independent workloads write the key into the value, `[key value]`. The function that this makes
 * takes it out, one operation after the other: an invocation with such a value, and its completion, get the key, and the
 * rest of the pair as their value. A key that is neither a string nor a number is taken as its text. Others stay as they are.
 */
export function keyedValueSplitter(): (op: Op) => Op {
  const keys = new Map<Process, Key>();
  return (op) => {
    const key = op.type === "invoke" ? keyOf(op.value) : keys.get(op.process);
    if (op.type === "invoke" && key !== undefined && op.key === undefined) keys.set(op.process, key);
    else keys.delete(op.process);
    if (key === undefined || op.key !== undefined) return op;
    return { ...op, key, value: keyOf(op.value) === key ? (op.value as readonly unknown[])[1] : op.value };
  };
}

function keyOf(value: unknown): Key | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const key: unknown = value[0];
  if (typeof key === "string" || typeof key === "number") return key;
  return key === null || key === undefined ? undefined : valueText(key);
}
