import { expect, it } from "vitest";
import { controlPath, dropRules } from "../../../nemesis/partition/rules.ts";
import type { Session } from "../../../src/test.ts";

it("what is dropped spares the control process's own SSH, on the nodes and where it lives", () => {
  const rules = dropRules(
    ["10.0.0.2", "fd00::2"],
    [
      { address: "10.0.0.9", port: 22 },
      { address: "10.0.0.9", port: 22 },
    ],
  );
  const lines = rules.split("\n").map((line) => line.trim());
  expect(lines.filter((line) => line.startsWith("ip"))).toEqual([
    "ip saddr { 10.0.0.2 } counter drop",
    "ip6 saddr { fd00::2 } counter drop",
    "ip saddr 10.0.0.9 tcp dport 22 accept",
    "ip daddr 10.0.0.9 tcp sport 22 accept",
  ]);
  expect(lines.indexOf("ip daddr 10.0.0.9 tcp sport 22 accept")).toBeLessThan(lines.indexOf("jump drops"));
});

it.each([
  ["10.0.0.9 51234 10.0.0.1 22", { address: "10.0.0.9", port: 22 }],
  ["fe80::9%eth0 51234 fe80::1%eth0 2222", { address: "fe80::9", port: 2222 }],
  ["", undefined],
])("the control process's path is what the SSH server tells: %j", async (told, path) => {
  const session = { exec: async () => ({ code: 0, stdout: `${told}\n`, stderr: "" }) } as unknown as Session;
  expect(await controlPath(session)).toEqual(path);
});
