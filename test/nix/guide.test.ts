import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeNix, evaluate, root } from "./nix.ts";

const guide = readFileSync(join(root, "docs/nixos.md"), "utf8");

/** The blocks of one language. */
const fenced = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => match[1] ?? "");

test("the guide's links lead to files and headings that exist", () => {
  const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  const links = [...guide.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? "");
  expect(links.length).toBeGreaterThanOrEqual(4);
  for (const link of links) {
    if (link.startsWith("#")) expect(headings).toContain(link.slice(1));
    else expect(existsSync(join(root, "docs", link)), link).toBe(true);
  }
});

describeNix("the guide", () => {
  test("lists every option and no other", () => {
    const table = guide.slice(guide.indexOf("| option |"), guide.indexOf("How much memory it takes"));
    const listed = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap((match) =>
      (match[1] ?? "").split(", ").map((name) => name.replaceAll("`", "")),
    );
    const options = evaluate(
      `let walk = path: set: builtins.concatMap (name:
          if set.\${name}._type or null == "option" then [ (path + name) ] else walk (path + name + ".") set.\${name}
        ) (builtins.attrNames set);
      in walk "" (cluster { }).options.services.jepsen-ts-cluster`,
    ) as readonly string[];
    expect([...listed].sort()).toEqual([...options].sort());
  });

  test("its example of a database of one's own evaluates, and is the one in nix/examples", () => {
    const example = fenced("nix").find((block) => block.includes("pkgs.valkey")) ?? "";
    const host = evaluate(
      `let
        shown = ${example};
        file = import (root + "/nix/examples/own-database.nix");
        node = configuration: (nixos { imports = [ (root + "/nix/cluster") configuration ]; }).containers.n1.environment.systemPackages;
      in map (configuration: map (program: program.name) (node configuration)) [ shown file ]`,
    ) as readonly (readonly string[])[];
    expect(host[0]).toContain("valkey");
    expect(host[0]).toEqual(host[1]);
  });

  test("its lines for a host without flakes are those of nix/examples", () => {
    const shown = fenced("nix").find((block) => block.includes("imports = [ ./jepsen-ts/nix/cluster ]")) ?? "";
    const file = readFileSync(join(root, "nix/examples/without-flakes.nix"), "utf8");
    const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
    expect(lines(shown)).toEqual(lines(file));
  });
});
