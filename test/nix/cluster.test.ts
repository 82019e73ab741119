import { expect, test } from "vitest";
import { describeNix, evaluate } from "./nix.ts";

type Attributes = Readonly<Record<string, unknown>>;

const NODES = ["n1", "n2", "n3", "n4", "n5"];

/** Evaluates `expression` with `host` being the host with these settings. */
function onHost<T>(expression: string, settings: Attributes = {}): T {
  return evaluate(`let host = cluster input; in ${expression}`, settings) as T;
}

/** A container's definition without its configuration. */
function container(name: string, settings?: Attributes): Attributes {
  return onHost(`builtins.removeAttrs host.config.containers.${name} [ "config" ]`, settings);
}

/** What is installed on a node, by name. */
function programs(settings: Attributes): readonly string[] {
  return onHost("map (program: program.name) host.containers.n1.environment.systemPackages", settings);
}

describeNix("services.jepsen-ts-cluster", () => {
  test("one line gives five nodes with addresses in a row, on a bridge that the host is on too", () => {
    const hosts = onHost<Attributes>(
      "builtins.mapAttrs (_: container: { inherit (container) localAddress hostBridge privateNetwork; }) host.config.containers",
    );
    expect(hosts).toEqual(
      Object.fromEntries(
        NODES.map((name, index) => [
          name,
          { localAddress: `10.77.0.${101 + index}/24`, hostBridge: "jepsen0", privateNetwork: true },
        ]),
      ),
    );
    const network = onHost<{ readonly script: string; readonly before: unknown; readonly requiredBy: unknown }>(
      "{ inherit (host.config.systemd.services.jepsen-ts-network) script before requiredBy; }",
    );
    expect(network.script).toContain("ip address replace 10.77.0.1/24 dev jepsen0");
    const units = NODES.map((name) => `container@${name}.service`);
    expect(network).toMatchObject({ before: units, requiredBy: units });
  });

  test("nothing is there while it is off", () => {
    expect(onHost("host.config.containers or null", { enable: false })).toBe(null);
    expect(onHost("host.config.environment or null", { enable: false })).toBe(null);
  });

  test("names, prefix, first host and bridge are one's own", () => {
    const settings = { nodes: ["a", "b"], network: { prefix: "172.20.1.0/16", firstHost: 300, bridge: "br-lab" } };
    // 172.20.1.0/16 has host bits: the assertions say so, and the evaluation goes on with its base.
    expect(container("b", settings)).toMatchObject({ localAddress: "172.20.1.45/16", hostBridge: "br-lab" });
    expect(onHost("host.failed", settings)).toHaveLength(1);
    expect(onHost("host.config.networking.dhcpcd.denyInterfaces", settings)).toEqual(["br-lab"]);
    expect(onHost("host.config.networking.networkmanager.unmanaged", settings)).toEqual(["interface-name:br-lab"]);
  });

  test("a container may filter packets, and has no way to the host's clock or kernel", () => {
    expect(container("n3")).toMatchObject({
      additionalCapabilities: ["CAP_NET_ADMIN"],
      allowedDevices: [],
      autoStart: true,
      ephemeral: true,
      timeoutStartSec: "5min",
    });
  });

  test("FUSE is allowed and mounted where a system needs it, once", () => {
    const both = container("n1", { systems: ["ceph", "gluster"] });
    expect(both).toMatchObject({ allowedDevices: [{ node: "/dev/fuse", modifier: "rwm" }] });
    expect(both.bindMounts).toMatchObject({ "/dev/fuse": { hostPath: "/dev/fuse", isReadOnly: false } });
    expect(container("n1").bindMounts).not.toHaveProperty(["/dev/fuse"]);
    expect(onHost("host.config.boot.kernelModules", { systems: ["ceph", "gluster"] })).toContain("fuse");
    expect(onHost("host.config.boot.kernelModules")).toEqual(
      expect.arrayContaining(["nf_tables", "sch_netem", "sch_tbf", "bridge", "veth"]),
    );
  });

  test("data and keys of each node lie in the host's state directory, the keys read-only", () => {
    expect(
      container("n4", { stateDir: "/srv/lab", systems: ["ceph"], dataPaths: ["/var/lib/ceph"] }).bindMounts,
    ).toEqual({
      "/dev/fuse": { hostPath: "/dev/fuse", isReadOnly: false },
      "/var/lib/ceph": { hostPath: "/srv/lab/nodes/n4/data/var/lib/ceph", isReadOnly: false },
      "/var/lib/jepsen-ts-access": { hostPath: "/srv/lab/access/nodes/n4", isReadOnly: true },
    });
    expect(onHost("host.config.services.jepsen-ts-cluster.dataPaths")).toEqual(["/var/lib/jepsen-ts"]);
  });

  test("limits reach the container's unit, and none is set where none is asked for", () => {
    const limits = 'host.config.systemd.services."container@n2".serviceConfig';
    expect(onHost(limits, { resources: { cpuPercent: 150, memoryMebibytes: 2048 } })).toEqual({
      CPUQuota: "150%",
      MemoryMax: "2048M",
    });
    expect(onHost(limits)).toEqual({});
  });

  test("the host learns of the cluster from one file", () => {
    const description = (settings?: Attributes) =>
      onHost<Attributes>('builtins.fromJSON host.config.environment.etc."jepsen-ts/cluster.json".text', settings);
    expect(description({ nodes: ["n1"], systems: ["etcd", "gluster"] })).toEqual({
      format: 1,
      user: "root",
      port: 22,
      identityFile: "/var/lib/jepsen-ts/access/id_ed25519",
      knownHosts: "/var/lib/jepsen-ts/access/known_hosts",
      systems: ["etcd", "gluster"],
      ephemeral: true,
      stateDir: "/var/lib/jepsen-ts",
      network: { bridge: "jepsen0", prefix: "10.77.0.0/24", control: "10.77.0.1" },
      nodes: [
        {
          name: "n1",
          address: "10.77.0.101",
          unit: "container@n1.service",
          hostKey: "/var/lib/jepsen-ts/access/nodes/n1/ssh_host_ed25519_key.pub",
        },
      ],
    });
    expect(description({ generateKey: false, rootPassword: "x", ephemeral: false })).toMatchObject({
      identityFile: null,
      ephemeral: false,
    });
    expect(JSON.stringify(description({ rootPassword: "hunter2" }))).not.toContain("hunter2");
    expect(onHost("map (program: program.name) host.config.environment.systemPackages")).toEqual([
      expect.stringMatching(/^jepsen-ts-/),
    ]);
  });

  test("Docker beside it is warned of", () => {
    const warnings = (docker: boolean) =>
      evaluate(
        `(lib.evalModules {
          pkgs = import (root + "/test/nix/stand-in") { };
          modules = [ (root + "/nix/cluster") { services.jepsen-ts-cluster.enable = true; } ];
          facts = { system.stateVersion = "26.05"; virtualisation.docker.enable = input; };
        }).config.warnings`,
        docker,
      );
    expect(warnings(true)).toEqual([expect.stringMatching(/^services\.jepsen-ts-cluster: Docker drops/)]);
    expect(warnings(false)).toEqual([]);
  });
});

describeNix("a node", () => {
  test("finds every node by name, itself not on loopback", () => {
    expect(onHost("host.containers.n2.networking")).toEqual({
      hostName: "n2",
      hosts: Object.fromEntries(NODES.map((name, index) => [`10.77.0.${101 + index}`, [name]])),
      firewall: { enable: false },
      useHostResolvConf: false,
    });
  });

  test("has sshd running, with the key that the host knows, for keys only", () => {
    expect(onHost("host.containers.n1.services.openssh")).toMatchObject({
      enable: true,
      startWhenNeeded: false,
      hostKeys: [{ type: "ed25519", path: "/var/lib/jepsen-ts-access/ssh_host_ed25519_key" }],
      authorizedKeysFiles: ["/var/lib/jepsen-ts-access/authorized_keys"],
      settings: { PermitRootLogin: "prohibit-password", PasswordAuthentication: false, UseDns: false },
    });
  });

  test("lets root in by password only where one is set", () => {
    const login =
      "{ inherit (host.containers.n1.services.openssh) settings authorizedKeysFiles; inherit (host.containers.n1.users.users) root; }";
    expect(
      onHost(login, { rootPassword: "secret", generateKey: false, authorizedKeys: ["ssh-ed25519 AAAA me"] }),
    ).toMatchObject({
      settings: { PermitRootLogin: "yes", PasswordAuthentication: true },
      authorizedKeysFiles: [],
      root: { password: "secret", openssh: { authorizedKeys: { keys: ["ssh-ed25519 AAAA me"] } } },
    });
    expect(onHost<{ readonly root: Attributes }>(login).root).not.toHaveProperty("password");
  });

  test.each<readonly [readonly string[], readonly string[], readonly string[]]>([
    [[], ["coreutils", "iproute2", "nftables", "procps", "util-linux", "python3"], ["etcd", "ceph", "glusterfs"]],
    [["etcd"], ["etcd", "python3"], ["ceph", "glusterfs"]],
    [["ceph"], ["ceph", "fuse3", "python3"], ["etcd", "glusterfs"]],
    [["gluster"], ["glusterfs", "fuse3", "attr", "python3"], ["etcd", "ceph"]],
    [["etcd", "ceph", "gluster"], ["etcd", "ceph", "glusterfs", "nftables"], []],
  ])("with %j has the programs, and one python3", (systems, present, absent) => {
    const names = programs({ systems });
    expect(names).toEqual(expect.arrayContaining([...present]));
    for (const name of absent) expect(names).not.toContain(name);
    expect(names.filter((name) => name === "python3")).toHaveLength(1);
  });

  test("with Ceph has the python3 that can load rados", () => {
    const python = (systems: readonly string[]) =>
      onHost<readonly (string | null)[]>(
        'map (program: program.text or null) (builtins.filter (program: program.name == "python3") host.containers.n1.environment.systemPackages)',
        { systems },
      );
    expect(python(["ceph"])[0]).toMatch(/PYTHONPATH=\S*stand-in-ceph\/lib\/python3\.12\/site-packages/);
    expect(python(["ceph"])[0]).toMatch(/exec \S*ceph-python-env\/bin\/python3 "\$@"/);
    expect(python(["etcd"])).toEqual([null]);
  });

  test("has no unit and no timer of a database: the harness starts them", () => {
    const services = onHost<Attributes>(
      "{ services = builtins.attrNames host.containers.n1.services; systemd = builtins.attrNames host.containers.n1.systemd; }",
      { systems: ["etcd", "ceph", "gluster"] },
    );
    expect(services).toEqual({ services: ["dbus", "openssh"], systemd: ["oomd", "tmpfiles"] });
  });

  test("takes modules of one's own, and a version of the state of one's own", () => {
    const node = evaluate(
      `let host = cluster {
        stateVersion = "25.05";
        extraModules = [
          ({ pkgs, ... }: { environment.systemPackages = [ pkgs.valkey ]; })
          { networking.firewall.enable = lib.mkForce true; }
        ];
      }; in {
        inherit (host.containers.n5) system;
        firewall = host.containers.n5.networking.firewall.enable;
        names = map (program: program.name) host.containers.n5.environment.systemPackages;
      }`,
    );
    expect(node).toMatchObject({ system: { stateVersion: "25.05" }, firewall: true });
    expect((node as { readonly names: readonly string[] }).names).toEqual(
      expect.arrayContaining(["valkey", "etcd", "nftables"]),
    );
  });

  test("has the host's version of the state unless told otherwise", () => {
    expect(onHost("host.containers.n1.system.stateVersion")).toBe("26.05");
  });
});

describeNix("the options", () => {
  test("each has a type, a default and a description", () => {
    const options = onHost<readonly { readonly path: string; readonly documented: boolean; readonly typed: boolean }[]>(
      `let
        walk = path: set: builtins.concatMap (name:
          let option = set.\${name}; here = "\${path}.\${name}"; in
          if option._type or null == "option" then [ {
            path = here;
            documented = builtins.stringLength (option.description or "") >= 15;
            typed = option ? type && option ? default;
          } ] else walk here option
        ) (builtins.attrNames set);
      in walk "" host.options.services.jepsen-ts-cluster`,
    );
    expect(options.map(({ path }) => path)).toEqual(expect.arrayContaining([".enable", ".network.prefix", ".systems"]));
    for (const option of options) expect(option).toMatchObject({ documented: true, typed: true });
  });
});
