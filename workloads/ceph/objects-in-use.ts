import type { Test } from "../../src/test.ts";

/** Groups of threads work on objects of their own: so many of the last ones are remembered. */
const REMEMBERED = 4;

const used = new WeakMap<Test["cluster"], Set<string>>();

/** Tells that a client of this test works on an object. */
export function noteObject(test: Test, object: string): void {
  const objects = used.get(test.cluster) ?? new Set();
  used.set(test.cluster, objects);
  objects.delete(object); // the newest is the last
  objects.add(object);
  const [oldest] = objects;
  if (objects.size > REMEMBERED && oldest !== undefined) objects.delete(oldest);
}

/** The objects that the clients of this test worked on last, the newest first. */
export function objectsInUse(test: Test): readonly string[] {
  return [...(used.get(test.cluster) ?? [])].reverse();
}
