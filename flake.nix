{
  description = "jepsen-ts: fault-injection tests for distributed systems, and five NixOS containers to run them on";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      eachSystem =
        outputs:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: outputs nixpkgs.legacyPackages.${system});
    in
    {
      # The one line for a NixOS host: imports = [ jepsen-ts.nixosModules.default ];
      nixosModules = rec {
        cluster = {
          imports = [ ./nix/cluster ];
        };
        default = cluster;
      };

      overlays.default = import ./nix/overlay.nix;

      packages = eachSystem (pkgs: rec {
        jepsen-ts = pkgs.callPackage ./nix/package.nix { };
        default = jepsen-ts;
      });

      apps = eachSystem (pkgs: {
        default = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default;
          meta.description = "Run jepsen-ts";
        };
      });

      devShells = eachSystem (pkgs: {
        default = pkgs.callPackage ./nix/shell.nix { };
      });

      checks = eachSystem (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        # Evaluates the whole example host with its nodes; builds nothing of it.
        example = pkgs.writeText "jepsen-ts-example" (
          builtins.unsafeDiscardStringContext self.nixosConfigurations.example.config.system.build.toplevel.drvPath
        );
        cluster = (import ./nix/tests { inherit pkgs; }).etcd;
      });

      # For the nightly: nix build .#nightly.ceph.driver
      legacyPackages = eachSystem (pkgs: {
        nightly = import ./nix/tests { inherit pkgs; };
      });

      nixosConfigurations.example = lib.nixosSystem {
        modules = [
          self.nixosModules.default
          ./nix/examples/host.nix
        ];
      };

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
