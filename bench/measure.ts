/** What benchmarks measure with, and their tables. */
import { monotonicMs } from "../src/clock.ts";
import { JepsenError } from "../src/errors.ts";

/** A number from the command line. Throws JepsenError "usage". */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new JepsenError("usage", `"${text}" must be a whole number from 1 up.`);
  return value;
}

/** Seconds by the clock, and of the processor: the latter is what other work on the machine disturbs least. */
export function stopwatch(): () => { readonly seconds: number; readonly cpuSeconds: number } {
  const startMs = monotonicMs();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (monotonicMs() - startMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
  };
}

/** A line of a table: whole numbers with commas, text as it is. */
export function row(name: string, ...cells: readonly (string | number)[]): void {
  const shown = cells.map((cell) =>
    (typeof cell === "number" ? Math.round(cell).toLocaleString("en") : cell).padStart(13),
  );
  process.stdout.write(`${name.padEnd(40)}${shown.join("")}\n`);
}
