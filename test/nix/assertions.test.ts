import { expect, test } from "vitest";
import { describeNix, evaluate, tryEvaluate } from "./nix.ts";

/** The sentences that a person gets for these settings. */
function failed(settings: Readonly<Record<string, unknown>>): unknown {
  return evaluate("(cluster input).failed", settings);
}

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000000 you@host";

describeNix("the assertions of services.jepsen-ts-cluster", () => {
  test.each<readonly [string, Readonly<Record<string, unknown>>, RegExp]>([
    ["no node", { nodes: [] }, /nodes is empty: name at least one node/],
    ["an underscore in a name", { nodes: ["n_1"] }, /nodes must be lower-case .*no underscore.*: n_1\.$/],
    ["a name that ends with a hyphen", { nodes: ["n1", "n2-"] }, /not so: n2-\.$/],
    ["a long name", { nodes: ["abcdefghijkl"] }, /11 characters at most.*: abcdefghijkl\.$/],
    ["a name twice", { nodes: ["n1", "n2", "n1"] }, /names a node twice: "n1", "n2", "n1"\.$/],
    ["a long bridge", { network: { bridge: "a-bridge-too-far" } }, /network\.bridge must .* it is "a-bridge-too-far"/],
    ["a bridge with a space", { network: { bridge: "br 0" } }, /network\.bridge must be an interface name/],
    ["a prefix without a length", { network: { prefix: "10.77.0.0" } }, /network\.prefix must be an IPv4 network/],
    ["a prefix with host bits", { network: { prefix: "10.77.0.5/24" } }, /no host bits set.* it is "10\.77\.0\.5\/24"/],
    ["an octet too large", { network: { prefix: "10.777.0.0/24" } }, /network\.prefix must/],
    ["a host too late", { network: { firstHost: 251 } }, /network\.firstHost leaves no room: 5 nodes from host 251 on/],
    ["the host's own address", { network: { firstHost: 1 } }, /do not fit into 10\.77\.0\.0\/24 beside the host's own/],
    ["a prefix too small", { network: { prefix: "10.0.0.0/29", firstHost: 3 } }, /5 nodes from host 3 on do not fit/],
    ["nobody let in", { generateKey: false }, /Nobody could log in to the nodes/],
    ["a private key", { authorizedKeys: [KEY, "-----BEGIN OPENSSH PRIVATE KEY-----"] }, /; 1 of 2 are not\.$/],
    ["an empty password", { rootPassword: "" }, /rootPassword is empty/],
    ["a relative state directory", { stateDir: "jepsen" }, /stateDir must be an absolute path on a real disk/],
    ["a state directory in RAM", { stateDir: "/run/jepsen-ts" }, /outside of \/run, \/tmp.* it is "\/run\/jepsen-ts"/],
    ["a state directory in the store", { stateDir: "/nix/state" }, /stateDir must/],
    ["a state directory that climbs", { stateDir: "/var/../run" }, /stateDir must/],
    ["the root as a data path", { dataPaths: ["/"] }, /dataPaths must be absolute paths below \/.*: \/\.$/],
    ["a colon in a data path", { dataPaths: ["/var/lib/a:b"] }, /not so: \/var\/lib\/a:b\.$/],
    ["a data path twice", { dataPaths: ["/data", "/data"] }, /dataPaths names a path twice/],
    ["Ceph on two nodes", { systems: ["ceph"], nodes: ["n1", "n2"] }, /at least three nodes, and there are 2\.$/],
    ["Gluster on one node", { systems: ["gluster"], nodes: ["n1"] }, /at least three nodes, and there are 1\.$/],
    [
      "Ceph with little memory",
      { systems: ["ceph"], resources: { memoryMebibytes: 512 } },
      /memoryMebibytes is 512: .*at least 2048/,
    ],
  ])("%s: one sentence", (_name, settings, sentence) => {
    const sentences = failed(settings);
    expect(sentences).toEqual([expect.stringMatching(sentence)]);
    expect(sentences).toEqual([expect.stringMatching(/^[A-Z].*\.$|^services\.jepsen-ts-cluster\..*\.$/)]);
  });

  test.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ["the defaults", {}],
    ["every system", { systems: ["etcd", "ceph", "gluster"] }],
    ["one node", { nodes: ["a"] }],
    ["a key instead of the generated one", { generateKey: false, authorizedKeys: [KEY] }],
    ["a security key", { authorizedKeys: ["sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t me"] }],
    ["a password instead of a key", { generateKey: false, rootPassword: "secret" }],
    ["the last hosts of a prefix", { network: { firstHost: 250 } }],
    ["the smallest prefix that holds five", { network: { prefix: "10.0.0.0/29", firstHost: 2 } }],
    ["enough memory for Ceph", { systems: ["ceph"], resources: { memoryMebibytes: 2048 } }],
    ["a state directory of one's own", { stateDir: "/srv/running/jepsen-ts" }],
  ])("%s: none", (_name, settings) => {
    expect(failed(settings)).toEqual([]);
  });

  test("a failed one stops the build of the host with its sentence", () => {
    const answer = tryEvaluate("(cluster input).config.system.build.toplevel.drvPath", { nodes: ["n_1"] });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/Failed assertions:\n\s*- services\.jepsen-ts-cluster\.nodes must be lower-case/);
  });

  test("nothing is asserted while the cluster is off", () => {
    expect(evaluate("(cluster input).failed", { enable: false, nodes: [] })).toEqual([]);
  });

  test.each<readonly [string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      "an unknown system",
      { systems: ["oracle"] },
      /systems' is not of type `list of one of "etcd", "ceph", "gluster"'/,
    ],
    ["a number of nodes", { nodes: 5 }, /nodes' is not of type `list of string'/],
    ["a negative host", { network: { firstHost: -1 } }, /firstHost' is not of type `unsigned integer/],
    ["no processor", { resources: { cpuPercent: 0 } }, /cpuPercent' is not of type `null or positive integer/],
    ["a misspelt option", { netwrok: {} }, /services\.jepsen-ts-cluster\.netwrok' does not exist/],
  ])("%s is an error of type", (_name, settings, message) => {
    const answer = tryEvaluate("(cluster input).config.system.build.toplevel.drvPath", settings);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(message);
  });
});
