/** What the machine must have, by purpose: the program looked for, and the package that brings it on Debian and Ubuntu. */
export const groups = {
  nodes: [
    { program: "sshd", packages: ["openssh-server"] },
    { program: "ssh-keygen", packages: ["openssh-client"] },
    { program: "ip", packages: ["iproute2"] },
    { program: "nft", packages: ["nftables"] },
    { program: "unshare", packages: ["util-linux"] },
    { program: "python3", packages: ["python3"] },
    { program: "ps", packages: ["procps"] },
  ],
  etcd: [{ program: "etcd", packages: ["etcd-server", "etcd"] }],
  gluster: [
    { program: "glusterd", packages: ["glusterfs-server"] },
    { program: "glusterfs", packages: ["glusterfs-client"] },
    { program: "fusermount", packages: ["fuse", "fuse3"] },
  ],
  ceph: [
    { program: "ceph-mon", packages: ["ceph-mon"] },
    { program: "ceph-mgr", packages: ["ceph-mgr"] },
    { program: "ceph-osd", packages: ["ceph-osd"] },
    { program: "ceph-mds", packages: ["ceph-mds"] },
    { program: "ceph", packages: ["ceph-common"] },
    { program: "ceph-fuse", packages: ["ceph-fuse"] },
    { program: "rados", packages: ["ceph-common"] },
    { file: "/usr/lib/python3/dist-packages/rados-2.0.0.egg-info", packages: ["python3-rados"] },
  ],
  browser: [{ program: "chromium", packages: ["chromium", "chromium-browser"] }],
  nix: [{ program: "nix-instantiate", packages: ["nix-bin"] }],
};
