/**
 * Sequential specifications for the brute-force oracle, written without the engine and without `src/model`: given a
 * state and what was asked, every pair of answer and next state that is allowed. No pair means that it cannot happen.
 */

/** Equal states must have equal JSON. */
export type State = unknown;

export interface Outcome {
  readonly output: unknown;
  readonly state: State;
}

export interface Ask {
  readonly f: string;
  readonly input: unknown;
}

export interface Spec {
  readonly model: string;
  readonly init: State;
  outcomes(state: State, ask: Ask, process: number): readonly Outcome[];
  /** All that may be asked. */
  readonly asks: readonly Ask[];
  /** Answers that may be put into a history at random. */
  wild(ask: Ask, pick: (below: number) => number): unknown;
  /** What an ask uses up: asks with the same mark are made only once in a history. */
  readonly once?: (ask: Ask) => string | undefined;
  /** How the answer is written in a history; default: as it is. */
  readonly written?: (ask: Ask, output: unknown) => unknown;
}

const values = [1, 2, 3];
/** Versions and tokens: more than a small history can use up. */
const counting = Array.from({ length: 24 }, (_, i) => i + 1);
const ask = (f: string, input: unknown = null): Ask => ({ f, input });
const asks = (f: string, inputs: readonly unknown[]): Ask[] => inputs.map((input) => ask(f, input));
const just = (output: unknown, state: State): Outcome[] => [{ output, state }];

const registerSpec: Spec = {
  model: "register",
  init: null,
  outcomes: (state, { f, input }) => (f === "read" ? just(state, state) : just(input, input)),
  asks: [ask("read"), ask("read"), ...asks("write", [1, 2])],
  wild: ({ f, input }, pick) => (f === "read" ? [null, 1, 2][pick(3)] : input),
};

const casSpec: Spec = {
  model: "cas-register",
  init: null,
  outcomes: (state, { f, input }) => {
    if (f === "read") return just(state, state);
    if (f === "write") return just(null, input);
    const [from, to] = input as readonly [unknown, unknown];
    return state === from ? just(true, to) : just(false, state);
  },
  asks: [
    ask("read"),
    ask("read"),
    ...asks("write", [1, 2]),
    ...asks("cas", [
      [1, 2],
      [2, 1],
      [2, 3],
      [1, 1],
      [null, 1],
    ]),
  ],
  wild: ({ f }, pick) => {
    if (f === "write") return null;
    return f === "read" ? [null, 1, 2, 3][pick(4)] : pick(2) === 0;
  },
  written: ({ f, input }, output) => {
    if (f === "write") return input;
    if (f === "read") return output;
    return output === true ? input : { cas: input, swapped: false };
  },
};

const multiRegisterSpec: Spec = {
  model: "multi-register",
  init: [null, null],
  outcomes: (state, { input }) => {
    const next = [...(state as unknown[])];
    const seen = (input as [string, string, unknown][]).map(([f, key, value]) => {
      const at = key === "x" ? 0 : 1;
      if (f === "w") next[at] = value;
      return [f, key, next[at]];
    });
    return just(seen, next);
  },
  asks: [
    ask("txn", [["r", "x", null]]),
    ask("txn", [
      ["r", "x", null],
      ["r", "y", null],
    ]),
    ask("txn", [
      ["w", "x", 1],
      ["w", "y", 1],
    ]),
    ask("txn", [["w", "y", 2]]),
    ask("txn", [
      ["r", "y", null],
      ["w", "x", 2],
    ]),
  ],
  wild: ({ input }, pick) =>
    (input as [string, string, unknown][]).map(([f, key, value]) => [
      f,
      key,
      f === "w" ? value : [null, 1, 2][pick(3)],
    ]),
};

const mutexSpec: Spec = {
  model: "mutex",
  init: false,
  outcomes: (state, { f }) => (f === "acquire" ? (state ? [] : just(null, true)) : state ? just(null, false) : []),
  asks: [ask("acquire"), ask("release")],
  wild: () => null,
};

const reentrantSpec: Spec = {
  model: "reentrant-mutex",
  init: [],
  outcomes: (state, { f }, process) => {
    const holds = state as readonly number[];
    if (f === "acquire") return holds.length === 0 || holds[0] === process ? just(null, [...holds, process]) : [];
    return holds[0] === process ? just(null, holds.slice(1)) : [];
  },
  asks: [ask("acquire"), ask("release")],
  wild: () => null,
};

const ownerSpec: Spec = {
  ...reentrantSpec,
  model: "owner-mutex",
  outcomes: (state, { f }, process) => {
    const holds = state as readonly number[];
    if (f === "acquire") return holds.length === 0 ? just(null, [process]) : [];
    return holds[0] === process ? just(null, []) : [];
  },
};

const fencedSpec: Spec = {
  model: "fenced-mutex",
  init: { owner: null, token: 0 },
  outcomes: (state, { f }, process) => {
    const { owner, token } = state as { owner: number | null; token: number };
    if (f === "release") return owner === process ? just(null, { owner: null, token }) : [];
    if (owner !== null) return [];
    return [1, 2, 3, 4]
      .filter((next) => next > token)
      .map((next) => ({ output: next, state: { owner: process, token: next } }));
  },
  asks: [ask("acquire"), ask("release")],
  wild: ({ f }, pick) => (f === "acquire" ? 1 + pick(4) : null),
};

const setSpec: Spec = {
  model: "set",
  init: [],
  outcomes: (state, { f, input }) => {
    const items = state as readonly number[];
    const has = items.includes(input as number);
    if (f === "add") return just(null, has ? items : [...items, input as number].sort());
    if (f === "remove")
      return just(
        null,
        items.filter((item) => item !== input),
      );
    return just(f === "contains" ? has : items, items);
  },
  asks: [...asks("add", [1, 2]), ...asks("remove", [1, 2]), ...asks("contains", [1, 2]), ask("read"), ask("read")],
  wild: ({ f }, pick) => {
    if (f === "contains") return pick(2) === 0;
    return f === "read" ? [[], [1], [2], [1, 2]][pick(4)] : null;
  },
  // A set is read in no particular order.
  written: ({ f }, output) => (f === "read" ? (output as unknown[]).toReversed() : output),
};

const elementsSpec: Spec = {
  ...setSpec,
  asks: [...asks("add", values), ...asks("remove", values), ...asks("contains", values), ...asks("contains", values)],
};

const counterSpec: Spec = {
  model: "counter",
  init: 0,
  outcomes: (state, { f, input }) => {
    const sum = f === "add" ? (state as number) + (input as number) : (state as number);
    return just(f === "add" ? null : sum, sum);
  },
  asks: [ask("read"), ask("read"), ...asks("add", [1, 2, -1])],
  wild: ({ f }, pick) => (f === "read" ? pick(4) : null),
};

const fifoSpec: Spec = {
  model: "fifo-queue",
  init: [],
  outcomes: (state, { f, input }) => {
    const items = state as readonly unknown[];
    if (f === "enqueue") return just(null, [...items, input]);
    return just(items[0] ?? null, items.slice(1));
  },
  asks: [...asks("enqueue", [1, 2, 3]), ask("dequeue"), ask("dequeue"), ask("dequeue")],
  wild: ({ f }, pick) => (f === "dequeue" ? [null, 1, 2, 3][pick(4)] : null),
};

const unorderedSpec: Spec = {
  ...fifoSpec,
  model: "unordered-queue",
  outcomes: (state, { f, input }) => {
    const items = state as readonly number[];
    if (f === "enqueue") return just(null, [...items, input as number].sort());
    if (items.length === 0) return just(null, items);
    return items.map((item, i) => ({ output: item, state: items.filter((_, j) => j !== i) }));
  },
};

const stackSpec: Spec = {
  model: "stack",
  init: [],
  outcomes: (state, { f, input }) => {
    const items = state as readonly unknown[];
    if (f === "push") return just(null, [...items, input]);
    return just(items.at(-1) ?? null, items.slice(0, -1));
  },
  asks: [...asks("push", [1, 2, 3]), ask("pop"), ask("pop"), ask("pop")],
  wild: ({ f }, pick) => (f === "pop" ? [null, 1, 2, 3][pick(4)] : null),
};

const keyValueSpec: Spec = {
  model: "key-value",
  init: "",
  outcomes: (state, { f, input }) => {
    if (f === "get") return just(state, state);
    if (f === "delete") return just(null, "");
    return just(null, f === "put" ? input : `${state}${input}`);
  },
  asks: [
    ask("get"),
    ask("get"),
    ask("get"),
    ...asks("put", ["a", "b"]),
    ...asks("append", ["a", "b", "c"]),
    ask("delete"),
  ],
  wild: ({ f }, pick) => (f === "get" ? ["", "a", "b", "ab", "ba", "ac", "abc"][pick(7)] : null),
};

const listAppendSpec: Spec = {
  model: "list-append",
  init: [],
  outcomes: (state, { f, input }) => {
    const items = state as readonly unknown[];
    return f === "read" ? just(items, items) : just(null, [...items, input]);
  },
  asks: [ask("read"), ask("read"), ...asks("append", values)],
  wild: ({ f }, pick) => (f === "read" ? [[], [1], [2], [1, 2], [2, 1], [1, 2, 3]][pick(6)] : null),
};

const versionedSpec: Spec = {
  model: "versioned-register",
  init: [0, null],
  outcomes: (state, { f, input }) => {
    const [version] = state as [number, unknown];
    const newer = (value: unknown): Outcome[] =>
      counting.filter((next) => next > version).map((next) => ({ output: next, state: [next, value] }));
    if (f === "read") return just(state, state);
    const argument = (input as [null, unknown])[1];
    if (f === "write") return newer(argument);
    const [from, to] = argument as [unknown, unknown];
    return (state as [number, unknown])[1] === from ? newer(to) : just(false, state);
  },
  asks: [
    ask("read"),
    ask("read"),
    ...asks("write", [
      [null, 1],
      [null, 2],
    ]),
    ...asks("cas", [
      [null, [1, 2]],
      [null, [2, 1]],
    ]),
  ],
  wild: ({ f }, pick) => {
    if (f === "read")
      return [
        [0, null],
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
        [3, 1],
        [3, 2],
      ][pick(7)];
    return f === "cas" && pick(2) === 0 ? false : 1 + pick(5);
  },
  written: ({ f, input }, output) => {
    if (f === "read") return output;
    const argument = (input as [null, unknown])[1];
    return output === false ? { cas: argument, swapped: false } : [output, argument];
  },
};

/** Every specification that histories are made of; several may describe one model. */
export const specs: readonly Spec[] = [
  registerSpec,
  casSpec,
  multiRegisterSpec,
  mutexSpec,
  ownerSpec,
  reentrantSpec,
  fencedSpec,
  setSpec,
  elementsSpec,
  counterSpec,
  fifoSpec,
  unorderedSpec,
  stackSpec,
  keyValueSpec,
  listAppendSpec,
  versionedSpec,
];

const onceOf =
  (...fs: readonly string[]) =>
  ({ f, input }: Ask): string | undefined =>
    fs.includes(f) ? JSON.stringify([f, input]) : undefined;

const many = [1, 2, 3, 4, 5];

/** The same for histories whose values are distinct: the form that algorithms without search need. */
export const distinctSpecs: readonly Spec[] = [
  {
    ...registerSpec,
    asks: [ask("read"), ask("read"), ask("read"), ...asks("write", [1, 2, 3])],
    wild: ({ f, input }, pick) => (f === "read" ? [null, 1, 2, 3, 9][pick(pick(8) === 0 ? 5 : 4)] : input),
    once: onceOf("write"),
  },
  {
    ...casSpec,
    asks: [
      ask("read"),
      ask("read"),
      ask("read"),
      ...asks("write", [1, 2]),
      ...asks("cas", [
        [1, 3],
        [2, 3],
        [3, 4],
        [1, 4],
        [null, 1],
        [4, 1],
        [2, 2],
      ]),
    ],
    // Most comparisons are true, as a false one is nothing for these algorithms.
    wild: ({ f }, pick) => (f === "read" ? [null, 1, 2, 3, 4][pick(5)] : f === "cas" ? pick(20) > 0 : null),
    once: ({ f, input }) => (f === "read" ? undefined : String(f === "write" ? input : (input as unknown[])[1])),
  },
  {
    ...versionedSpec,
    asks: [
      ask("read"),
      ask("read"),
      ask("read"),
      ...asks("write", [
        [null, 1],
        [null, 2],
      ]),
      ask("cas", [null, [1, 3]]),
    ],
  },
  { ...elementsSpec, once: onceOf("add", "remove") },
  {
    ...setSpec,
    asks: [...asks("add", values), ask("read"), ask("read"), ask("read")],
    wild: ({ f }, pick) => (f === "read" ? [[], [1], [2], [1, 2], [1, 3], [1, 2, 3], [9]][pick(7)] : null),
    once: onceOf("add"),
  },
  {
    ...fifoSpec,
    asks: [...asks("enqueue", many), ask("dequeue"), ask("dequeue"), ask("dequeue"), ask("dequeue")],
    wild: ({ f }, pick) => (f === "dequeue" ? [null, 1, 2, 3, 4][pick(5)] : null),
    once: onceOf("enqueue"),
  },
  {
    ...keyValueSpec,
    asks: [ask("get"), ask("get"), ask("get"), ...asks("put", ["a", "b"]), ...asks("append", ["c", "d", "ef"])],
    wild: ({ f }, pick) => (f === "get" ? ["", "a", "b", "ac", "cd", "acd", "aef", "efc", "x", "bb"][pick(10)] : null),
    once: onceOf("put", "append"),
  },
  {
    ...listAppendSpec,
    wild: ({ f }, pick) => (f === "read" ? [[], [1], [2], [1, 2], [2, 1], [1, 2, 3], [9]][pick(7)] : null),
    once: onceOf("append"),
  },
];
