# NixOS tests: one virtual machine that holds the five containers of the module and runs jepsen-ts against them.
# etcd runs with every `nix flake check`; the others take longer and belong to the nightly.
{ pkgs }:
let
  cluster = settings: import ./cluster.nix ({ inherit pkgs; } // settings);
in
{
  etcd = cluster {
    name = "etcd";
    systems = [ "etcd" ];
    memoryMebibytes = 4096;
    command = "jepsen-ts run etcd --cluster nixos --nemesis partition --time-limit 30 --seed 1";
  };

  gluster = cluster {
    name = "gluster";
    systems = [ "gluster" ];
    memoryMebibytes = 6144;
    command = "jepsen-ts run gluster --cluster nixos --workload fs-append --nemesis partition --time-limit 60 --seed 1";
  };

  # Five OSDs of about 1 GiB, three monitors and three managers.
  ceph = cluster {
    name = "ceph";
    systems = [ "ceph" ];
    memoryMebibytes = 12288;
    command = "jepsen-ts run ceph --cluster nixos --workload rados-register --nemesis partition --time-limit 60 --seed 1";
  };
}
