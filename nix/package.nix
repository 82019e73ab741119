# jepsen-ts itself, built from this repository's sources and package-lock.json.
{
  lib,
  stdenv,
  buildNpmPackage,
  importNpmLock,
  makeWrapper,
  openssh,
}:
let
  manifest = lib.importJSON ../package.json;
in
buildNpmPackage {
  pname = manifest.name;
  inherit (manifest) version;

  # What the build reads, and no more: a change of the docs or of nix/ builds nothing anew.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.npmrc
      ../bin
      ../package.json
      ../package-lock.json
      ../scripts
      ../src
      ../tsconfig.build.json
      ../tsconfig.json
      (lib.fileset.maybeMissing ../bench)
      (lib.fileset.maybeMissing ../examples)
      (lib.fileset.maybeMissing ../LICENSE)
      (lib.fileset.maybeMissing ../README.md)
      (lib.fileset.maybeMissing ../nemesis)
      (lib.fileset.maybeMissing ../reports)
      (lib.fileset.maybeMissing ../workloads)
    ];
  };

  npmDeps = importNpmLock {
    package = manifest;
    packageLock = import ./npm-lock.nix {
      lock = lib.importJSON ../package-lock.json;
      platform = {
        os = stdenv.hostPlatform.parsed.kernel.name;
        cpu = if stdenv.hostPlatform.isAarch64 then "arm64" else "x64";
        libc = if stdenv.hostPlatform.isMusl then "musl" else "glibc";
      };
    };
  };
  npmConfigHook = importNpmLock.npmConfigHook;

  nativeBuildInputs = [ makeWrapper ];

  # Last on the PATH: what the host has of its own comes first.
  postFixup = ''
    wrapProgram $out/bin/jepsen-ts --suffix PATH : ${lib.makeBinPath [ openssh ]}
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mit;
    mainProgram = "jepsen-ts";
    platforms = lib.platforms.linux;
  };
}
