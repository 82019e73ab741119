# The NixOS configuration of one node: an SSH server, the tools the harness uses, and the databases' programs.
# `systems` are the records of systems.nix that this cluster asked for; `hostPkgs` is the host's package set.
{
  cfg,
  layout,
  systems,
  hostPkgs,
}:
{ lib, pkgs, ... }:
let
  pythons = lib.concatMap (system: lib.optional (system ? python) system.python) systems;
in
{
  imports = cfg.extraModules;

  system.stateVersion = cfg.stateVersion;
  # One package set for all: without it, each of the nodes would evaluate nixpkgs anew.
  nixpkgs.pkgs = lib.mkDefault hostPkgs;

  networking = {
    # Forced, because a NixOS machine maps its own name to 127.0.0.2: a database that resolves its own name would bind to loopback.
    hosts = lib.mkForce (
      lib.listToAttrs (map (node: lib.nameValuePair node.address [ node.name ]) layout.nodes)
    );
    # The harness cuts links with an nft table of its own and measures the effect; a second filter would blur what it sees.
    firewall.enable = false;
    useHostResolvConf = lib.mkForce false;
  };

  services.openssh = {
    enable = true;
    # Containers start sshd by socket otherwise, with a rate limit that a burst of connections runs into.
    startWhenNeeded = false;
    # The host makes the key before the first start, so that it is known and pinned before anybody connects.
    hostKeys = [
      {
        type = "ed25519";
        path = "${layout.nodeCredentials}/${layout.hostKeyName}";
      }
    ];
    authorizedKeysFiles = lib.optional cfg.generateKey "${layout.nodeCredentials}/authorized_keys";
    settings = {
      PermitRootLogin = if cfg.rootPassword == null then "prohibit-password" else "yes";
      PasswordAuthentication = cfg.rootPassword != null;
      UseDns = false;
      MaxSessions = 100;
      MaxStartups = "100:30:200";
    };
  };

  users.users.root = {
    openssh.authorizedKeys.keys = cfg.authorizedKeys;
  }
  // lib.optionalAttrs (cfg.rootPassword != null) { password = cfg.rootPassword; };

  environment.systemPackages =
    [
      pkgs.coreutils
      pkgs.iproute2
      pkgs.nftables
      pkgs.procps
      pkgs.util-linux
    ]
    ++ (if pythons == [ ] then [ pkgs.python3 ] else pythons)
    ++ lib.concatMap (system: system.programs) systems;

  systemd.tmpfiles.rules = map (directory: "d ${directory} 0755 root root -") (
    lib.concatMap (system: system.directories) systems
  );

  # dbus-broker was seen to restart for ever inside of nspawn.
  services.dbus.implementation = lib.mkDefault "dbus";
  # It kills what uses much memory; a database that dies must have been killed by the harness.
  systemd.oomd.enable = lib.mkDefault false;
  documentation.enable = lib.mkDefault false;
}
