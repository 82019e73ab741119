import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./nix.ts";
import { workflowFiles } from "./workflow-commands.ts";
import { parseYaml } from "./yaml.ts";

describe("parseYaml", () => {
  test("mappings, sequences, scalars, literals and comments", () => {
    const text = [
      "# a comment",
      "name: push # behind a value",
      "on:",
      "  push:",
      'env: "a: b # c"',
      "list: [20, 'a, b', \"c\"]",
      "jobs:",
      "  a:",
      "    steps:",
      "    - uses: actions/checkout@v5",
      "      with:",
      "        depth: 0",
      "    -",
      "      run: |",
      "        one # kept",
      "",
      "          two",
      "",
      "    - run: |-",
      "        last",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a workflow expression
      "  b: ${{ matrix.x }}",
    ].join("\n");
    expect(parseYaml(text)).toEqual({
      name: "push",
      on: { push: "" },
      env: "a: b # c",
      list: ["20", "a, b", "c"],
      jobs: {
        a: {
          steps: [
            { uses: "actions/checkout@v5", with: { depth: "0" } },
            { run: "one # kept\n\n  two\n" },
            { run: "last" },
          ],
        },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a workflow expression
        b: "${{ matrix.x }}",
      },
    });
  });

  test.each([
    ["a:\n\tb: 1", /line 2: a tab/],
    ["a: 1\na: 2", /line 2: .*second time/],
    ["a: 1\n   b: 2", /line 2: .*indented more/],
    ["a:\n    b: 1\n  c: 2", /line 3: .*indented more/],
    ["  a: 1\nb: 2", /line 2: .*does not line up/],
    ["a:\n  - 1\n - 2", /line 3/],
    ["a: b: c", /line 1: .*colon/],
    ["a: *anchor", /line 1: .*quoted/],
    ["a: {b: c}", /line 1: .*colon|line 1: .*quoted/],
    ["a: [1, 2", /line 1: .*does not end/],
    ["a: [1, [2]]", /line 1: .*more than scalars/],
    ["a: 'open", /line 1: .*quoted/],
    ["just text", /line 1: .*key: value/],
    ["run: |\n    a\n  b", /line 3: .*indented less/],
  ])("%j is refused", (text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });
});

const python = spawnSync("python3", ["-c", "import yaml"], { timeout: 20_000 }).status === 0;

describe.skipIf(!python)("parseYaml against python3's yaml (skipped where python3 has none)", () => {
  test.each(workflowFiles)("%s is read alike", (name) => {
    const file = join(root, ".github/workflows", name);
    const script = "import json,sys,yaml; print(json.dumps(yaml.load(open(sys.argv[1]), Loader=yaml.BaseLoader)))";
    const done = spawnSync("python3", ["-c", script, file], { encoding: "utf8", timeout: 20_000 });
    expect(done.stderr).toBe("");
    expect(parseYaml(readFileSync(file, "utf8"))).toEqual(JSON.parse(done.stdout));
  });
});
