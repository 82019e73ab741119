/** The models by the names that the command line and test options use. */

import { JepsenError } from "../errors.ts";
import type { ModelRecipe } from "./built-in.ts";
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

/** Makers of the built-in models, in the order in which they are listed; `argument` as the makers take it. */
const makers: Readonly<Record<string, (argument?: never) => Model>> = {
  register,
  "cas-register": casRegister,
  "multi-register": multiRegister,
  "versioned-register": versionedRegister,
  mutex,
  "owner-mutex": ownerMutex,
  "reentrant-mutex": reentrantMutex,
  "fenced-mutex": fencedMutex,
  set,
  counter,
  "fifo-queue": fifoQueue,
  "unordered-queue": unorderedQueue,
  stack,
  "key-value": keyValue,
  "list-append": listAppend,
};

/** Every built-in model with its default initial state. */
export const models: readonly Model[] = Object.values(makers).map((make) => make());

/** The built-in model with this name. Throws JepsenError "usage" that lists the names when there is none. */
export function modelByName(name: string): Model {
  const model = models.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  throw new JepsenError("usage", `There is no model "${name}"; the models are ${Object.keys(makers).join(", ")}.`, {
    model: name,
  });
}

/** The model of a recipe that `recipeOf` gave. */
export function modelFrom(recipe: ModelRecipe): Model {
  const make = makers[recipe.name];
  if (make === undefined) throw new JepsenError("internal", `There is no maker of the model "${recipe.name}".`);
  return make(recipe.argument as never);
}
