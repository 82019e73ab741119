# The stand-in's NixOS: evaluates a configuration and the configurations of its containers, and fails as NixOS does when an
# assertion does not hold.
{
  configuration,
  system ? "x86_64-linux",
}:
let
  lib = import ../lib;
  pkgs = import ../. { inherit system; };

  host = lib.evalModules {
    inherit pkgs;
    modules = [ configuration ];
    # What the host's other modules declare and ours read.
    facts = {
      system.stateVersion = "26.05";
      virtualisation.docker.enable = false;
    };
  };

  containers = builtins.mapAttrs (
    name: container:
    (lib.evalModules {
      inherit pkgs;
      modules = [ container.config ];
      facts.networking.hostName = name;
    }).config
  ) (host.config.containers or { });

  failed = map (assertion: assertion.message) (
    builtins.filter (assertion: !assertion.assertion) (host.config.assertions or [ ])
  );
  list = builtins.concatStringsSep "\n" (map (message: "- ${message}") failed);
in
{
  inherit (host) options;
  inherit containers failed;
  config = host.config // {
    system = host.config.system or { } // {
      build.toplevel = {
        outPath = "/nix/store/stand-in-nixos-system";
        drvPath =
          if failed == [ ] then
            builtins.deepSeq [
              (builtins.removeAttrs host.config [ "containers" ])
              containers
            ] "/nix/store/stand-in-nixos-system.drv"
          else
            throw "\nFailed assertions:\n${list}";
      };
    };
  };
}
