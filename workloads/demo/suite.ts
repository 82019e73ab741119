import { z } from "zod";
import { bankChecker, setChecker } from "../../src/checker/index.ts";
import { clients, mix, naturals, once, repeat } from "../../src/generator/index.ts";
import type { GeneratorContext, OpDraft, Options, Suite, SuiteContext, Workload } from "../../src/test.ts";
import { registerWorkload } from "../register.ts";
import { BUGS, type Bug } from "./bugs.ts";
import { bankClient, registerClient, setClient, type Transfer } from "./clients.ts";
import { isolatePrimary } from "./isolate-primary.ts";

const options = z.object({
  bug: z.enum(BUGS).optional().describe("a mistake that the store makes"),
});

const OPS_PER_KEY = 200;

function register({ nodes, concurrency }: SuiteContext): Workload {
  return registerWorkload({ client: registerClient, nodes: nodes.length, concurrency, opsPerKey: OPS_PER_KEY });
}

function* adds(): Generator<OpDraft, void, void> {
  for (const value of naturals()) yield { f: "add", value };
}

function set(): Workload {
  return {
    client: setClient,
    generator: clients(adds()),
    finalGenerator: once({ f: "read" }),
    checker: setChecker(),
  };
}

const ACCOUNTS = ["alice", "bob", "carol", "dave", "eve"];
const BALANCE = 20;
const AMOUNT_MAX = 5;

function transfer(_test: unknown, { random }: GeneratorContext): OpDraft {
  const [from, to] = random.shuffle(ACCOUNTS) as [string, string];
  const value: Transfer = { from, to, amount: 1 + random.int(AMOUNT_MAX) };
  return { f: "transfer", value };
}

function bank(): Workload {
  return {
    client: bankClient(ACCOUNTS, BALANCE),
    generator: clients(
      mix([
        [transfer, 1],
        [repeat({ f: "read" }), 1],
      ]),
    ),
    checker: bankChecker({ accounts: ACCOUNTS, total: ACCOUNTS.length * BALANCE }),
  };
}

/** The workload that shows each bug. */
const SHOWN_BY: Readonly<Record<Bug, string>> = {
  "stale-reads": "register",
  "split-brain": "register",
  "lost-writes": "set",
  "dirty-reads": "bank",
};

/** A small replicated store inside this process, with bugs to be found: for trying everything out anywhere. */
export const demoSuite: Suite = {
  name: "demo",
  description: "a small replicated store inside this process, with bugs to be found: needs no nodes",
  options,
  workloads: { register, set, bank },
  defaultWorkload: ({ bug }: Options) => (bug === undefined ? "register" : SHOWN_BY[bug as Bug]),
  defaults: { timeLimit: 3, nemesis: ["isolate-primary"], nemesisInterval: 0.4, settle: 0.2 },
  faults: (context) => [isolatePrimary(Number(context.options.nemesisInterval) * 1000)],
  cluster: "none",
};
