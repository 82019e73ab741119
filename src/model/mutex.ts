import { builtIn } from "./built-in.ts";
import { inconsistent, type Model } from "./model.ts";

/**
 * A lock: `acquire` and `release`, without regard to who does it. An `acquire` that did not get the lock is `fail`; so
 * is a `release` of a lock that was free.
 */
export function mutex(): Model<boolean> {
  return builtIn<boolean>({
    name: "mutex",
    description: "a lock without an owner: acquire, release",
    fs: ["acquire", "release"],
    init: () => false,
    step(locked, op) {
      if (op.f === "acquire") {
        if (!locked || op.crashed) return true;
        return inconsistent("the lock is held");
      }
      if (locked || op.crashed) return false;
      return inconsistent("the lock is free");
    },
    stateKey: (locked) => locked,
    readOnly: () => false,
    describeState: (locked) => (locked ? "held" : "free"),
  });
}
