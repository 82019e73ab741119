import { expect, test } from "vitest";
import { clients, concurrencyLimit, limit, repeat, simulate } from "../../src/generator/index.ts";

test("concurrencyLimit keeps at most so many threads busy, and reaches that", () => {
  const generator = clients(concurrencyLimit(3, limit(200, repeat({ f: "a" }))));
  const client = (_op: unknown, { random }: { readonly random: { int(below: number): number } }) =>
    ({ type: "ok", latencyNs: random.int(50) }) as const;
  let busy = 0;
  let most = 0;
  simulate(generator, {
    concurrency: 8,
    client,
    onEvent: ({ type }) => {
      busy += type === "invoke" ? 1 : -1;
      most = Math.max(most, busy);
    },
  });
  expect(most).toBe(3);
});
