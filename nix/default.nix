# jepsen-ts without flakes:
#   nix-build nix -A package
#   imports = [ (import ./jepsen-ts/nix { }).module ];
# The package set is the one of flake.lock unless another is given.
{
  system ? builtins.currentSystem,
  pkgs ? import (import ./locked-nixpkgs.nix) { inherit system; },
}:
{
  package = pkgs.callPackage ./package.nix { };
  shell = pkgs.callPackage ./shell.nix { };
  tests = import ./tests { inherit pkgs; };
  overlay = import ./overlay.nix;
  # A path, because paths may be imported by many modules and count once.
  module = ./cluster;
}
