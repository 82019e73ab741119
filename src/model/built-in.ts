/** What sets the models of this program apart from users' own: they are known to end, and can be made again elsewhere. */

import type { Model } from "./model.ts";

/** How to make a built-in model again, in another thread: plain data. */
export interface ModelRecipe {
  readonly name: string;
  /** What its maker was called with. */
  readonly argument?: unknown;
}

const recipes = new WeakMap<Model, ModelRecipe>();

/** Marks a model as built in. A copy of it that a user changes is not. */
export function builtIn<S>(model: Model<S>, argument?: unknown): Model<S> {
  recipes.set(model, argument === undefined ? { name: model.name } : { name: model.name, argument });
  return model;
}

/** The recipe of a built-in model; undefined for a user's own. */
export function recipeOf(model: Model): ModelRecipe | undefined {
  return recipes.get(model);
}
