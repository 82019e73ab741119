import { cycle, once, spaced } from "../../src/generator/index.ts";
import type { GeneratorLike, NemesisPackage } from "../../src/test.ts";
import { candidatesSchema } from "../candidates.ts";
import { BricksNemesis } from "./bricks-nemesis.ts";

const JITTER = 0.25;

function withOrder(f: string): GeneratorLike {
  return (test, { random }) => ({ f, value: { order: random.shuffle(test.nodes) } });
}

/** Bricks that leave a volume of `copies` bricks and join it, on other nodes, about every `intervalMs`. */
export function bricksFault(copies: number, intervalMs: number, nodes: readonly string[]): NemesisPackage {
  return {
    name: "bricks",
    nemesis: new BricksNemesis(copies),
    generator: spaced(
      intervalMs / 1000,
      JITTER,
      cycle([once(withOrder("remove-brick")), once(withOrder("add-brick"))]),
    ),
    finalGenerator: [{ f: "add-brick" }, { f: "heal-bricks" }],
    bands: [{ family: "bricks", start: ["remove-brick"], stop: ["add-brick", "heal-bricks"] }],
    values: { "remove-brick": candidatesSchema(nodes), "add-brick": candidatesSchema(nodes) },
  };
}
