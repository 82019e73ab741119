# The options of services.jepsen-ts-cluster: their types, defaults and what they mean. What must hold between them is in assertions.nix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption mkEnableOption types;
in
{
  options.services.jepsen-ts-cluster = {
    enable = mkEnableOption "the nodes that jepsen-ts tests databases on, as NixOS containers, and jepsen-ts itself";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./nix/package.nix { }";
      description = "The jepsen-ts program that the host gets.";
    };

    nodes = mkOption {
      type = types.listOf types.str;
      default = [
        "n1"
        "n2"
        "n3"
        "n4"
        "n5"
      ];
      description = ''
        Names of the nodes. Each becomes a container and a unit `container@NAME.service`; the first one gets
        {option}`network.firstHost` as its address, the next ones those after it.
      '';
    };

    systems = mkOption {
      type = types.listOf (
        types.enum [
          "etcd"
          "ceph"
          "gluster"
        ]
      );
      default = [ "etcd" ];
      example = [
        "etcd"
        "gluster"
      ];
      description = ''
        Databases whose programs the nodes have on their PATH. No unit is made for them: jepsen-ts starts, kills and
        stops the programs itself. A database of your own comes in through {option}`extraModules`.
      '';
    };

    packages = {
      etcd = mkOption {
        type = types.package;
        default = pkgs.etcd;
        defaultText = lib.literalExpression "pkgs.etcd";
        description = "The etcd under test.";
      };
      ceph = mkOption {
        type = types.package;
        default = pkgs.ceph;
        defaultText = lib.literalExpression "pkgs.ceph";
        description = "The Ceph under test, with the `pythonEnv` that its Python binding was built for.";
      };
      glusterfs = mkOption {
        type = types.package;
        default = pkgs.glusterfs;
        defaultText = lib.literalExpression "pkgs.glusterfs";
        description = "The GlusterFS under test.";
      };
    };

    network = {
      bridge = mkOption {
        type = types.str;
        default = "jepsen0";
        description = "Name of the bridge on the host that the nodes are plugged into.";
      };
      prefix = mkOption {
        type = types.str;
        default = "10.77.0.0/24";
        description = "IPv4 network of the nodes. The host has its first address; nothing is routed or translated out of it.";
      };
      firstHost = mkOption {
        type = types.ints.unsigned;
        default = 101;
        description = "Host number of the first node in {option}`network.prefix`: 101 in 10.77.0.0/24 is 10.77.0.101.";
      };
    };

    generateKey = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Make a key pair on the host at the first start and let it in as root on the nodes. Only root on the host can
        read the private key, {file}`access/id_ed25519` below {option}`stateDir`.
      '';
    };

    authorizedKeys = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "ssh-ed25519 AAAA… you@host" ];
      description = "Public keys that may log in to the nodes as root, beside the one of {option}`generateKey`.";
    };

    rootPassword = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = ''
        Password of root on the nodes, for machines without a key. It is in the Nix store for everybody on the host to
        read, and the nodes can be reached from the host only: choose one that protects nothing else.
      '';
    };

    ephemeral = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Give each node an empty root at every start. That root is in RAM (a tmpfs of at most a quarter of it), where
        fsync costs nothing: what must be on a real disk is named in {option}`dataPaths`, and is emptied at every start
        too. When off, roots are kept below {file}`/var/lib/nixos-containers`.
      '';
    };

    stateDir = mkOption {
      type = types.str;
      default = "/var/lib/jepsen-ts";
      description = "Directory on a real disk of the host for keys and for what the nodes keep in {option}`dataPaths`.";
    };

    dataPaths = mkOption {
      type = types.listOf types.str;
      default = [ "/var/lib/jepsen-ts" ];
      description = ''
        Directories of the nodes that lie on the host's disk, in {file}`nodes/NAME/data` below {option}`stateDir`. The
        suites of jepsen-ts keep their data in directories below {file}`/var/lib/jepsen-ts`. On a node each of these is
        a mount point: what is in it can be removed, it itself cannot.
      '';
    };

    autoStart = mkOption {
      type = types.bool;
      default = true;
      description = "Start the nodes when the host boots. When off, jepsen-ts starts them for a run.";
    };

    resources = {
      cpuPercent = mkOption {
        type = types.nullOr types.ints.positive;
        default = null;
        example = 200;
        description = "Processor time that each node may use, in percent of one processor; null for no limit.";
      };
      memoryMebibytes = mkOption {
        type = types.nullOr types.ints.positive;
        default = null;
        example = 2048;
        description = ''
          Memory that each node may use, an {option}`ephemeral` root included; null for no limit. A node that needs
          more has its processes killed by the kernel, which a test reports as crashes of the database.
        '';
      };
    };

    extraModules = mkOption {
      type = types.listOf types.deferredModule;
      default = [ ];
      example = lib.literalExpression "[ ({ pkgs, ... }: { environment.systemPackages = [ pkgs.postgresql ]; }) ]";
      description = ''
        NixOS modules that every node imports: the place for a database of your own. Put its programs on the PATH and
        enable no service for it, so that nothing but the test starts or stops it.
      '';
    };

    stateVersion = mkOption {
      type = types.str;
      default = config.system.stateVersion;
      defaultText = lib.literalExpression "config.system.stateVersion";
      description = "`system.stateVersion` of the nodes.";
    };
  };
}
