import { describe, expect, test } from "vitest";
import { isJepsenError } from "../../src/errors.ts";
import { any, clients, friendlyErrors, limit, repeat, simulate, validate } from "../../src/generator/index.ts";
import type { Generator, GeneratorLike, NextStep } from "../../src/test.ts";

const answering = (step: unknown): Generator => ({ next: () => step as NextStep, update: () => answering(step) });
const op = { type: "invoke", f: "a", time: 0, process: 0 };

describe("an answer that breaks the rules ends the run with what is wrong", () => {
  test.each([
    ["no record", 3, /must answer undefined, or a record/],
    ["no operation", { next: undefined }, /must answer undefined, or a record/],
    ["no f", { op: { ...op, f: undefined } }, /its "f" must be a string that is not empty/],
    ["an empty f", { op: { ...op, f: "" } }, /its "f" must be a string/],
    ["a type there is not", { op: { ...op, type: "ok" } }, /its type must be "invoke", "log" or "sleep", and is 'ok'/],
    ["a misspelt field", { op: { ...op, vlaue: 1 } }, /it has a field "vlaue"/],
    ["a key that is none", { op: { ...op, key: [1] } }, /its key must be a string or a number, and is \[ 1 \]/],
    ["no time", { op: { ...op, time: undefined } }, /its time must be a number of nanoseconds/],
    ["a time that is none", { op: { ...op, time: Number.NaN } }, /its time must be a number/],
    ["no process", { op: { ...op, process: undefined } }, /process undefined is not one of those/],
    ["a process there is not", { op: { ...op, process: 9 } }, /process 9 is not one of those/],
    ["an endless sleep", { op: { ...op, type: "sleep", value: Number.POSITIVE_INFINITY } }, /a number of seconds/],
    ["a sleep for no number", { op: { ...op, type: "sleep", value: "long" } }, /a number of seconds/],
  ])("%s", (_what, step, sentence) => {
    for (const generator of [answering(step), validate(answering(step))]) {
      expect(() => simulate(generator)).toThrow(sentence);
      expect(() => simulate(generator)).toThrow(expect.objectContaining({ code: "generator" }));
    }
  });

  test("a process that is busy", () => {
    expect(() => simulate(answering({ op, next: answering({ op }) }))).toThrow(/but process 0 is busy/);
  });

  test("inside a restriction, a process outside it", () => {
    expect(() => simulate(clients(validate(answering({ op: { ...op, process: "nemesis:faults" } }))))).toThrow(
      /process 'nemesis:faults' is not one of those/,
    );
  });

  test("a time that has passed, found by validate", () => {
    const late = answering({ op: { ...op, process: 1 } });
    expect(() => simulate([{ f: "a", time: 7, process: 0 }, validate(late)], { lanes: [] })).toThrow(
      /for a time that has passed: it is 7 now/,
    );
  });
});

test("validate lets everything good pass", () => {
  const good = limit(30, any(repeat({ f: "a" }), clients(repeat({ f: "b", value: 1, key: "k" }))));
  expect(simulate(validate(good), { seed: 3 })).toEqual(simulate(good, { seed: 3 }));
});

describe("whatever a generator throws", () => {
  const broken: GeneratorLike = () => {
    throw new TypeError("no such table");
  };
  const deaf: Generator = {
    next: () => ({ op: "pending", next: deaf }),
    update: () => {
      throw new Error("deaf");
    },
  };

  test("names the generator, the context and the event, and keeps the cause", () => {
    try {
      simulate([{ f: "a" }, broken]);
      expect.unreachable();
    } catch (error) {
      expect(isJepsenError(error, "generator")).toBe(true);
      expect(error).toMatchObject({
        message: expect.stringMatching(
          /threw when it was asked for an operation: no such table\. The generator: Sequence/,
        ),
        data: { context: { timeNs: 0, threads: 3, free: 2 } },
        cause: expect.any(TypeError),
      });
    }
    expect(() => simulate([any(deaf, { f: "b" })])).toThrow(/threw when it was told of \{.*: deaf\./s);
  });

  test("friendlyErrors names the part that threw", () => {
    expect(() => simulate([{ f: "a" }, friendlyErrors(broken)])).toThrow(
      /no such table\. The generator: \[Function: broken\]$/,
    );
    expect(() => simulate(any({ f: "b" }, friendlyErrors(deaf)))).toThrow(/deaf\. The generator: \{ next/);
  });
});
