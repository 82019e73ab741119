# services.jepsen-ts-cluster: five NixOS containers n1 to n5 on a bridge, ready for jepsen-ts, and the program itself.
# Import this file; `services.jepsen-ts-cluster.enable = true;` is the only line it needs.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.jepsen-ts-cluster;
  layout = import ./layout.nix cfg;
  known = import ./systems.nix { inherit pkgs cfg; };
  systems = map (name: known.${name}) (lib.unique cfg.systems);
  devices = lib.unique (lib.concatMap (system: system.devices) systems);
  shell = import ./scripts.nix { inherit lib cfg layout; };

  container = node: {
    inherit (cfg) autoStart ephemeral;
    privateNetwork = true;
    # With a bridge, nspawn plugs the node in before it boots. A plain veth pair gets its addresses only after the
    # container has reported that it is ready, too late for a service that waits for its peers.
    hostBridge = cfg.network.bridge;
    inherit (node) localAddress;
    # For nft and tc on the node. The clock fault patches processes, not the clock, and needs no CAP_SYS_TIME: that
    # one would let a node move the clock of the host.
    additionalCapabilities = [ "CAP_NET_ADMIN" ];
    # The device policy of a container is closed: a device must be both allowed and mounted.
    allowedDevices = map (device: {
      node = device;
      modifier = "rwm";
    }) devices;
    bindMounts =
      lib.genAttrs devices (device: {
        hostPath = device;
        isReadOnly = false;
      })
      // lib.genAttrs cfg.dataPaths (path: {
        hostPath = node.data + path;
        isReadOnly = false;
      })
      // {
        ${layout.nodeCredentials} = {
          hostPath = node.credentials;
          isReadOnly = true;
        };
      };
    # Five systems booting at once on two processors take longer than the default minute.
    timeoutStartSec = "5min";
    config = import ./node.nix {
      inherit cfg layout systems;
      hostPkgs = pkgs;
    };
  };

  # Adds to the unit that nixos-containers makes.
  containerUnit = node: {
    preStart = shell.prepareNode node;
    serviceConfig =
      lib.optionalAttrs (cfg.resources.cpuPercent != null) {
        CPUQuota = "${toString cfg.resources.cpuPercent}%";
      }
      // lib.optionalAttrs (cfg.resources.memoryMebibytes != null) {
        MemoryMax = "${toString cfg.resources.memoryMebibytes}M";
      };
  };

  # A unit that must be there before any node starts.
  beforeNodes = unit: unit // {
    requiredBy = layout.units;
    before = layout.units;
  };
in
{
  imports = [ ./options.nix ];

  config = lib.mkIf cfg.enable {
    assertions = import ./assertions.nix cfg;
    warnings = lib.optional config.virtualisation.docker.enable "services.jepsen-ts-cluster: Docker drops forwarded packets, also those between ports of a bridge, which would cut the nodes off from each other. If Docker's own containers do not need it, set boot.kernel.sysctl.\"net.bridge.bridge-nf-call-iptables\" = 0.";

    environment.systemPackages = [ cfg.package ];
    # How `jepsen-ts … --cluster nixos` learns what is here.
    environment.etc."jepsen-ts/cluster.json".text = builtins.toJSON layout.description;

    # Containers cannot load modules; what the faults and the databases use is loaded before them.
    boot.kernelModules = [
      "bridge"
      "cls_u32"
      "nf_tables"
      "sch_netem"
      "sch_prio"
      "sch_tbf"
      "veth"
    ]
    ++ lib.unique (lib.concatMap (system: system.kernelModules) systems);

    # Neither may put an address of its own on the bridge or take it down.
    networking.dhcpcd.denyInterfaces = [ cfg.network.bridge ];
    networking.networkmanager.unmanaged = [ "interface-name:${cfg.network.bridge}" ];

    containers = lib.listToAttrs (map (node: lib.nameValuePair node.name (container node)) layout.nodes);

    systemd.services =
      lib.listToAttrs (
        map (node: lib.nameValuePair "container@${node.name}" (containerUnit node)) layout.nodes
      )
      // {
        # A unit of its own, because networking.bridges does nothing on a host with NetworkManager.
        jepsen-ts-network = beforeNodes {
          description = "Bridge of the jepsen-ts nodes";
          path = [ pkgs.iproute2 ];
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
          };
          script = shell.bridgeUp;
          preStop = shell.bridgeDown;
        };

        jepsen-ts-access = beforeNodes {
          description = "SSH keys of the jepsen-ts nodes";
          path = [
            pkgs.coreutils
            pkgs.openssh
          ];
          unitConfig.RequiresMountsFor = cfg.stateDir;
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
          };
          script = shell.makeKeys;
        };
      };
  };
}
