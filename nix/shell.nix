# What is needed to work on jepsen-ts: Node, and the programs that its tests and its local nodes use.
{
  mkShell,
  biome,
  etcd,
  iproute2,
  nftables,
  nix,
  nodejs,
  openssh,
  procps,
  python3,
  util-linux,
}:
mkShell {
  packages = [
    etcd
    iproute2
    nftables
    nix
    nodejs
    openssh
    procps
    python3
    util-linux
  ];

  # The biome in node_modules is linked against a loader that NixOS does not have.
  BIOME_BINARY = "${biome}/bin/biome";
}
