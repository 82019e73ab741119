import { Chalk, type ChalkInstance } from "chalk";

/** Whether a stream may be coloured: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal. */
function mayColor(stream: { readonly isTTY?: boolean }): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

function palette(stream: { readonly isTTY?: boolean }): ChalkInstance {
  return new Chalk({ level: mayColor(stream) ? 1 : 0 });
}

/** The one place that makes colours: for results (stdout) and for the story (stderr). */
export const colors = { out: palette(process.stdout), err: palette(process.stderr) };
