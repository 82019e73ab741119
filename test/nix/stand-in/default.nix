# A stand-in for nixpkgs itself, at the paths where the real tree has its entrances: packages as names, a library and a
# module system of a few functions. `import ./. { system = "x86_64-linux"; }` is a package set.
{
  system ? "x86_64-linux",
  overlays ? [ ],
}:
let
  lib = import ./lib;

  package = name: {
    inherit name;
    type = "derivation";
    outPath = "/nix/store/stand-in-${name}";
    drvPath = "/nix/store/stand-in-${name}.drv";
    meta.mainProgram = name;
  };

  # The packages that nix/ and its examples name. A misspelt one is an error here as it is there.
  packages = lib.genAttrs [
    "attr"
    "biome"
    "coreutils"
    "etcd"
    "fuse3"
    "glusterfs"
    "iproute2"
    "makeWrapper"
    "nftables"
    "nix"
    "nixfmt-tree"
    "nodejs"
    "openssh"
    "procps"
    "python3"
    "util-linux"
    "valkey"
  ] package;

  # Overlays see the final set, as in nixpkgs.
  pkgs = builtins.foldl' (previous: overlay: previous // overlay pkgs previous) own overlays;

  own =
    packages
    // {
      inherit lib;
      path = ./.;
      ceph = package "ceph" // {
        pythonEnv = package "ceph-python-env" // {
          sitePackages = "lib/python3.12/site-packages";
        };
      };
      stdenv.hostPlatform = {
        inherit system;
        isAarch64 = system == "aarch64-linux";
        isMusl = false;
        parsed.kernel.name = "linux";
      };

      callPackage =
        path: overrides:
        let
          function = if builtins.isFunction path then path else import path;
        in
        function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // overrides);

      writeText =
        name: text:
        package name // { inherit text; };
      writeShellScriptBin = name: text: package name // { inherit text; };
      mkShell = attributes: package "shell" // { inherit attributes; };

      # As the real ones, these read their arguments: a lock without addresses fails.
      buildNpmPackage =
        attributes:
        package "${attributes.pname}-${attributes.version}"
        // {
          inherit (attributes) meta;
          inherit attributes;
          drvPath = builtins.seq (builtins.deepSeq attributes.npmDeps.sources attributes.src.outPath) "/nix/store/stand-in-${attributes.pname}.drv";
        };
      importNpmLock = {
        npmConfigHook = package "npm-config-hook";
        __functor =
          _self:
          {
            npmRoot ? null,
            package,
            packageLock,
          }:
          {
            sources = map (name: packageLock.packages."node_modules/${name}".resolved) (
              builtins.attrNames (package.dependencies // package.devDependencies)
            );
          };
      };

      testers.runNixOSTest =
        attributes:
        let
          machine = import ./nixos {
            inherit system;
            configuration.imports = [
              attributes.nodes.machine
              { system.stateVersion = "26.05"; }
            ];
          };
        in
        package "vm-test-${attributes.name}"
        // {
          inherit attributes;
          driver = package "nixos-test-driver-${attributes.name}";
          drvPath = builtins.seq machine.config.system.build.toplevel.drvPath "/nix/store/stand-in-vm-test-${attributes.name}.drv";
        };
    };
in
pkgs
