import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { describeNix, nixFiles, parseNix, root } from "./nix.ts";

describeNix("nix-instantiate --parse", () => {
  const files = nixFiles();

  test("finds the files", () => {
    const names = files.map((file) => relative(root, file));
    expect(names).toContain("flake.nix");
    expect(names).toContain("nix/cluster/default.nix");
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  test.each(files.map((file) => [relative(root, file), file]))("%s", (_name, file) => {
    expect(parseNix(file)).toMatchObject({ code: 0, stderr: "" });
  });

  test("a file with an error in it does not pass", () => {
    const folder = mkdtempSync(join(tmpdir(), "jepsen-ts-nix-parse-"));
    try {
      const file = join(folder, "broken.nix");
      writeFileSync(file, "{ a = 1 }\n");
      expect(parseNix(file)).toMatchObject({ code: 1 });
      expect(parseNix(file).stderr).toMatch(/syntax error/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
