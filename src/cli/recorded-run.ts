import { join } from "node:path";
import type { z } from "zod";
import type { Assembly } from "../assemble.ts";
import { isJepsenError, JepsenError } from "../errors.ts";
import { parse } from "../parse.ts";
import type { RunRecord } from "../store/run-record.ts";
import { FILES, mendOfRecord } from "../store/store.ts";
import { makePlan } from "./plan.ts";
import { faultOptions, runOptions } from "./run-options.ts";
import { BUILT_IN, findSuite } from "./suites.ts";

/**
 * The test that a record describes, to be judged. Rejects with JepsenError "corrupt" when its options are none, "usage"
 * when its suite is not there any more.
 */
export async function recordedPlan(directory: string, record: RunRecord): Promise<Assembly> {
  const { nodes, concurrency, workload, nemesis } = record;
  let options = record.options;
  const { suite } = await findSuite(record.suite);
  // a suite of one's own may have made something else of what was given
  const own = BUILT_IN.has(record.suite) ? [suite.options] : [];
  for (const schema of [runOptions, faultOptions, ...own] as readonly z.ZodObject[]) {
    const known = Object.entries(record.options).filter(([name]) => name in schema.shape);
    const parsed = parse(schema, Object.fromEntries(known));
    if (parsed.ok) {
      options = { ...options, ...parsed.data }; // with defaults for what a record does not say
      continue;
    }
    const path = join(directory, FILES.test);
    const sentence = `${path} is damaged (options.${parsed.refusal.sentence}): ${mendOfRecord(directory)}.`;
    throw new JepsenError("corrupt", sentence, { path });
  }
  return makePlan({ suite, workload, nemesis, nodes, concurrency, options });
}

/** Something done with a run that a user named: that its files are damaged is his to mend, and no failure of the harness. */
export async function ofNamedRun<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isJepsenError(error, "corrupt")) throw error;
    throw new JepsenError("usage", error.message, error.data, error);
  }
}
