/** When operations were open, for algorithms that compare times instead of searching. */

import { type Group, groupSize } from "./group.ts";

/** A time later than every event. */
export const NEVER = 0x7fffffff;

/** By operation number: the places of its invocation and of its return among the group's events; NEVER if it crashed. */
export interface Intervals {
  readonly invoked: Int32Array;
  readonly returned: Int32Array;
}

/** The intervals of a group's operations. */
export function intervalsOf(group: Group): Intervals {
  const invoked = new Int32Array(groupSize(group));
  const returned = new Int32Array(groupSize(group)).fill(NEVER);
  const { events } = group;
  for (let time = 0; time < events.length; time++) {
    const event = events[time] as number;
    if ((event & 1) === 1) returned[event >> 1] = time;
    else invoked[event >> 1] = time;
  }
  return { invoked, returned };
}
