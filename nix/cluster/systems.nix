# What a node needs for each database: programs on its PATH, devices, directories. No unit and no daemon: the harness
# starts and stops the programs itself, and nothing may restart one behind its back.
{ pkgs, cfg }:
let
  fuse = {
    kernelModules = [ "fuse" ];
    devices = [ "/dev/fuse" ];
  };

  # Ceph's Python binding belongs to the interpreter that Ceph was built with; a python3 of any other version cannot load it.
  cephPython = pkgs.writeShellScriptBin "python3" ''
    export PYTHONPATH=${cfg.packages.ceph}/${cfg.packages.ceph.pythonEnv.sitePackages}''${PYTHONPATH:+:$PYTHONPATH}
    exec ${cfg.packages.ceph.pythonEnv}/bin/python3 "$@"
  '';
in
{
  etcd = {
    programs = [ cfg.packages.etcd ];
    kernelModules = [ ];
    devices = [ ];
    directories = [ ];
  };

  ceph = {
    programs = [
      cfg.packages.ceph
      pkgs.fuse3
    ];
    python = cephPython;
    inherit (fuse) kernelModules devices;
    directories = [
      "/etc/ceph"
      "/run/ceph"
      "/var/lib/ceph"
      "/var/log/ceph"
    ];
  };

  gluster = {
    programs = [
      cfg.packages.glusterfs
      pkgs.attr
      pkgs.fuse3
    ];
    inherit (fuse) kernelModules devices;
    # glusterd calls hook scripts from here and fails late and obscurely where the directory is missing.
    directories = [
      "/run/gluster"
      "/var/lib/glusterd"
      "/var/lib/glusterd/hooks/1/delete/post"
      "/var/log/glusterfs"
    ];
  };
}
