# Adds to a package-lock.json without download addresses what nixpkgs' importNpmLock needs: `resolved` for each package.
# The lock carries none, so that no registry's host is written into it; the integrity hashes in it decide what is taken.
# `platform` is { os, cpu, libc } as npm spells them; optional packages for other platforms get no address, are therefore
# not downloaded, and are left out by npm, which looks at the platform before it unpacks anything. Builtins only.
{ lock, platform }:
let
  registry = "https://registry.npmjs.org";

  last = list: builtins.elemAt list (builtins.length list - 1);

  # "node_modules/a/node_modules/@scope/b" -> "@scope/b"
  nameOf =
    path: package:
    package.name or (last (builtins.filter builtins.isString (builtins.split "node_modules/" path)));

  # The tarball of a scoped package is named without its scope.
  fileName = name: last (builtins.filter builtins.isString (builtins.split "/" name));

  # npm writes "!name" for all but that one.
  fits =
    wanted: allowed:
    builtins.elem wanted allowed
    || (
      !builtins.elem "!${wanted}" allowed
      && builtins.any (name: builtins.substring 0 1 name == "!") allowed
    );

  isForeign =
    package:
    package.optional or false
    && builtins.any (key: package ? ${key} && !fits platform.${key} package.${key}) [
      "os"
      "cpu"
      "libc"
    ];

  withAddress =
    path: package:
    if path == "" || package ? resolved || package.link or false || isForeign package then
      package
    else
      let
        name = nameOf path package;
      in
      package // { resolved = "${registry}/${name}/-/${fileName name}-${package.version}.tgz"; };
in
lock // { packages = builtins.mapAttrs withAddress lock.packages; }
