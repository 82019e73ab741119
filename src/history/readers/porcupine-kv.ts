import { JepsenError } from "../../errors.ts";
import { readJepsenEdn } from "./jepsen-edn.ts";
import type { HistoryReader } from "./reader.ts";

/** Porcupine's key-value histories: one EDN map a line, `:f` get, put or append, `:key` a string, `:value` a string. */
export const readPorcupineKv: HistoryReader = async function* (path, options) {
  for await (const batch of readJepsenEdn(path, options)) {
    const stray = batch.find((op) => op.key === undefined);
    if (stray !== undefined) {
      const sentence = `Operation ${stray.index} of ${path} has no :key; read it with --format jepsen-edn if it is meant to have none.`;
      throw new JepsenError("corrupt", sentence, { file: path, index: stray.index });
    }
    yield batch;
  }
};
