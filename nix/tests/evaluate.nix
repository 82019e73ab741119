# The full evaluation with a real nixpkgs, one attribute a check; `npm run nix:eval` runs them and knows what each must give.
{
  nixpkgs,
  system ? "x86_64-linux",
}:
let
  pkgs = import nixpkgs { inherit system; };
  host =
    settings:
    import (nixpkgs + "/nixos") {
      inherit system;
      configuration.imports = [
        ../cluster
        ../examples/host.nix
        settings
      ];
    };
  toplevel = settings: (host settings).config.system.build.toplevel.drvPath;
  failedAssertions =
    settings:
    map (assertion: assertion.message) (
      builtins.filter (assertion: !assertion.assertion) (host settings).config.assertions
    );
  tests = import ./. { inherit pkgs; };
in
{
  # The example host as it is: five nodes with etcd.
  example = toplevel { };

  # Every system, every option away from its default.
  everything = toplevel {
    services.jepsen-ts-cluster = {
      nodes = [
        "a1"
        "a2"
        "a3"
      ];
      systems = [
        "etcd"
        "ceph"
        "gluster"
      ];
      network = {
        bridge = "br-lab";
        prefix = "192.168.77.0/28";
        firstHost = 2;
      };
      generateKey = false;
      authorizedKeys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000000 you@host" ];
      rootPassword = "jepsen";
      ephemeral = false;
      stateDir = "/srv/jepsen-ts";
      dataPaths = [ "/var/lib/everything" ];
      autoStart = false;
      resources = {
        cpuPercent = 200;
        memoryMebibytes = 4096;
      };
      extraModules = [ { environment.etc."own".text = "own"; } ];
      stateVersion = "25.11";
    };
  };

  ownDatabase = toplevel ../examples/own-database.nix;

  package = (pkgs.callPackage ../package.nix { }).drvPath;
  overlay = (import nixpkgs {
    inherit system;
    overlays = [ (import ../overlay.nix) ];
  }).jepsen-ts.drvPath;
  shell = (pkgs.callPackage ../shell.nix { }).drvPath;

  testEtcd = tests.etcd.drvPath;
  testGluster = tests.gluster.drvPath;
  testCeph = tests.ceph.drvPath;
  # What the nightly builds.
  driver = tests.etcd.driver.drvPath;

  # Values that must not pass: the sentence of an assertion, and an error of type.
  brokenValue = failedAssertions { services.jepsen-ts-cluster.network.prefix = "10.77.0.0/33"; };
  brokenType = (builtins.tryEval (toplevel { services.jepsen-ts-cluster.systems = [ "oracle" ]; })).success;
}
