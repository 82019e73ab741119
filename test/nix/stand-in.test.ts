import { expect, test } from "vitest";
import { describeNix, evaluate, tryEvaluate } from "./nix.ts";

const MODULES = "(modules: (lib.evalModules { inherit modules; pkgs = { }; }).config)";
const OPTION = '{ options.a = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ "d" ]; }; }';

describeNix("the stand-in's module system", () => {
  test("merges sets by name, lists end to end, scripts line after line", () => {
    expect(
      evaluate(`${MODULES} [
        { x.list = [ 1 ]; x.set.a = 1; x.script = "one"; }
        ({ lib, ... }: { config = lib.mkMerge [ { x.list = [ 2 ]; } { x.set.b = 2; x.script = "two"; } ]; })
      ]`),
    ).toEqual({ services: {}, x: { list: [1, 2], set: { a: 1, b: 2 }, script: "one\ntwo" } });
  });

  test("takes the strongest definition, and drops those whose condition does not hold", () => {
    expect(
      evaluate(`${MODULES} [
        { a = lib.mkDefault 1; b = 1; c = lib.mkForce { z = 1; }; d = lib.mkIf false 1; e = lib.mkIf true (lib.mkDefault 5); }
        { a = 2; b = lib.mkDefault 2; c.y = 2; }
      ]`),
    ).toEqual({ services: {}, a: 2, b: 1, c: { z: 1 }, e: 5 });
  });

  test("lets a condition depend on an option, and an option on the facts", () => {
    expect(
      evaluate(`(lib.evalModules {
        pkgs = { };
        facts.host = "h";
        modules = [
          ({ config, lib, ... }: {
            options.services.x.enable = lib.mkOption { type = lib.types.bool; default = false; };
            options.services.x.name = lib.mkOption { type = lib.types.str; default = config.host; };
            config = lib.mkIf config.services.x.enable { made = config.services.x.name; };
          })
          { services.x.enable = true; services.other = 1; }
        ];
      }).config`),
    ).toEqual({ host: "h", made: "h", services: { other: 1, x: { enable: true, name: "h" } } });
  });

  test("lists of an option are joined, and its default gives way", () => {
    expect(evaluate(`${MODULES} [ ${OPTION} ]`)).toMatchObject({ a: ["d"] });
    expect(evaluate(`${MODULES} [ ${OPTION} { a = [ "x" ]; } { a = [ "y" ]; } ]`)).toMatchObject({ a: ["x", "y"] });
  });

  test.each([
    ["two different values", '[ { a = "x"; } { a = "y"; } ]', /`\.a' is defined twice: "x" and "y"/],
    ["a value of the wrong type", `[ ${OPTION} { a = "x"; } ]`, /option `a' is not of type `list of string'/],
    ["a missing import", "[ { imports = [ ./missing.nix ]; } ]", /missing\.nix/],
  ])("%s is an error", (_name, modules, message) => {
    const answer = tryEvaluate(`${MODULES} ${modules}`);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(message);
  });

  test("a package that nobody knows is an error", () => {
    const answer = tryEvaluate(
      "(cluster { extraModules = [ ({ pkgs, ... }: { environment.systemPackages = [ pkgs.nftablez ]; }) ]; }).containers.n1.environment.systemPackages",
    );
    expect(answer.stderr).toMatch(/attribute 'nftablez' missing/);
  });
});
