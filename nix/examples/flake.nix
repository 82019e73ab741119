# A NixOS host of your own with the cluster on it: one input, one module, one line.
# Replace OWNER with where you found jepsen-ts, and ./configuration.nix with your own.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    jepsen-ts.url = "github:OWNER/jepsen-ts";
    jepsen-ts.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    { nixpkgs, jepsen-ts, ... }:
    {
      nixosConfigurations.myhost = nixpkgs.lib.nixosSystem {
        modules = [
          ./configuration.nix
          jepsen-ts.nixosModules.default
          { services.jepsen-ts-cluster.enable = true; }
        ];
      };
    };
}
