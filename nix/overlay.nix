# Adds jepsen-ts to a package set.
final: _prev: {
  jepsen-ts = final.callPackage ./package.nix { };
}
