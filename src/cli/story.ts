import { createWriteStream, type WriteStream } from "node:fs";
import { monotonicMs } from "../clock.ts";
import { colors } from "./colors.ts";

/** What is going on, for people: one live line on a terminal, a line for each event elsewhere; and all of it in a file. */
export class Story {
  readonly #live = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  readonly #quiet: boolean;
  readonly #startedMs = monotonicMs();
  #file: WriteStream | undefined;
  #status = "";
  #early: string[] = [];

  constructor(options: { readonly quiet: boolean }) {
    this.#quiet = options.quiet;
  }

  /** From now on everything is written there too, what was said before included. */
  openFile(path: string): void {
    this.#file = createWriteStream(path, { flags: "a" });
    this.#file.on("error", () => {}); // a full disk is reported by the history's writer, which matters more
    for (const line of this.#early) this.#file.write(line);
    this.#early = [];
  }

  /** Seconds since the start, for each line. */
  #elapsed(): string {
    return ((monotonicMs() - this.#startedMs) / 1000).toFixed(1).padStart(6);
  }

  /** One event. */
  line(text: string): void {
    const stamped = `${this.#elapsed()}  ${text}\n`;
    if (this.#file) this.#file.write(stamped);
    else this.#early.push(stamped);
    if (this.#quiet) return;
    this.#clear();
    process.stderr.write(`${colors.err.dim(this.#elapsed())}  ${text}\n`);
    this.#draw();
  }

  /** The live line; shown on a terminal only. */
  status(text: string): void {
    if (!this.#live || this.#quiet) return;
    this.#clear();
    this.#status = text;
    this.#draw();
  }

  #clear(): void {
    if (this.#live && this.#status !== "") process.stderr.write("\r\u001b[K");
  }

  #draw(): void {
    if (!this.#live || this.#status === "") return;
    const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(colors.err.cyan(`${this.#elapsed()}  ${this.#status}`.slice(0, width)));
  }

  async close(): Promise<void> {
    this.status("");
    const file = this.#file;
    this.#file = undefined;
    if (file) await new Promise<void>((resolve) => file.end(() => resolve()));
  }
}
