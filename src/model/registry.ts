/** The models by the names that the command line and test options use. */

import { JepsenError } from "../errors.ts";
import { casRegister } from "./cas-register.ts";
import { counter } from "./counter.ts";
import { fencedMutex } from "./fenced-mutex.ts";
import { fifoQueue } from "./fifo-queue.ts";
import { keyValue } from "./key-value.ts";
import { listAppend } from "./list-append.ts";
import type { Model } from "./model.ts";
import { multiRegister } from "./multi-register.ts";
import { mutex } from "./mutex.ts";
import { ownerMutex, reentrantMutex } from "./owner-mutex.ts";
import { register } from "./register.ts";
import { set } from "./set.ts";
import { stack } from "./stack.ts";
import { unorderedQueue } from "./unordered-queue.ts";
import { versionedRegister } from "./versioned-register.ts";

/** Every built-in model with its default initial state, in the order in which they are listed. */
export const models: readonly Model[] = [
  register(),
  casRegister(),
  multiRegister(),
  versionedRegister(),
  mutex(),
  ownerMutex(),
  reentrantMutex(),
  fencedMutex(),
  set(),
  counter(),
  fifoQueue(),
  unorderedQueue(),
  stack(),
  keyValue(),
  listAppend(),
];

/** The built-in model with this name. Throws JepsenError "usage" that lists the names when there is none. */
export function modelByName(name: string): Model {
  const model = models.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  const names = models.map((candidate) => candidate.name).join(", ");
  throw new JepsenError("usage", `There is no model "${name}"; the models are ${names}.`, { model: name });
}
