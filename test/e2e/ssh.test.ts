import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { hostCommand } from "../../src/cluster/host-command.ts";
import { InventoryCluster, type InventoryOptions } from "../../src/cluster/inventory/inventory-cluster.ts";
import { makeKeyPair } from "../../src/cluster/local/key-pair.ts";
import { LocalCluster } from "../../src/cluster/local/local-cluster.ts";
import { clusterDirectory } from "../../src/cluster/local/registry.ts";
import { execOk, writeRemoteFile } from "../../src/control/exec.ts";
import { cli, readText, run } from "./cli.ts";

/**
 * n1 is a bastion that lets keys in, n2 and n3 have a second sshd each for people who may not log in as root. n3 shows
 * its second sshd on a wire to n1 only, which this machine has no route to.
 */
const lan = new LocalCluster({ nodes: ["n1", "n2", "n3"], disk: "512m", owned: true });
const PORT = 2200;
const HIDDEN = "10.255.77.2";
const password = `pass ${randomBytes(6).toString("hex")}'"`;
let home = "";
let knownHosts = "";
let config = "";

async function pidIn(namespace: string): Promise<string> {
  return (await hostCommand(["ip", "netns", "pids", namespace])).split("\n")[0] ?? "";
}

/** `tester` has a password, for sudo too; `keyed` a key, and sudo without a password; `strict` a key, and no password that sudo would take. */
async function makePeople(node: string, publicKey: string): Promise<void> {
  const session = await lan.session(node);
  const script = `set -e
    useradd -m -s /bin/bash tester; useradd -m -p '*' -s /bin/sh keyed; useradd -m -s /bin/sh nobodys
    useradd -m -p '*' -s /bin/sh strict
    printf '%s' "$1" | chpasswd
    for user in keyed strict; do
      mkdir "/home/$user/.ssh"; printf '%s\\n' "$2" > "/home/$user/.ssh/authorized_keys"
      chown -R "$user" "/home/$user/.ssh"; chmod 700 "/home/$user/.ssh"
    done
    printf '%s\\n' 'tester ALL=(ALL) ALL' 'strict ALL=(ALL) ALL' > /etc/sudoers.d/test; echo 'keyed ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers.d/test
    chmod 440 /etc/sudoers.d/test`;
  await execOk(session, ["sh", "-c", script, "sh", `tester:${password}\nnobodys:${password}\n`, publicKey]);
}

async function secondSshd(node: string, lines: readonly string[]): Promise<void> {
  const session = await lan.session(node);
  const key = await execOk(session, ["sh", "-c", "sshd -T 2>/dev/null | sed -n 's/^hostkey //p' | head -1"]);
  await execOk(session, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/second_key"]);
  expect(key).not.toBe("/etc/second_key");
  const text = [`Port ${PORT}`, "HostKey /etc/second_key", "PermitRootLogin no", "PidFile none", ...lines, ""].join(
    "\n",
  );
  await writeRemoteFile(session, "/etc/second_sshd", text);
  await execOk(session, ["sh", "-c", 'exec "$(command -v sshd)" -f /etc/second_sshd']);
}

beforeAll(async () => {
  await lan.up();
  home = await mkdtemp(join(tmpdir(), "jepsen-ts-ssh-"));
  const pair = makeKeyPair();
  await writeFile(join(home, "lab_keyed"), pair.private, { mode: 0o600 });
  for (const node of ["n2", "n3"]) await makePeople(node, pair.public);
  const record = JSON.parse(await readFile(join(clusterDirectory(lan.id), "cluster.json"), "utf8"));
  const [one, , three] = record.nodes as readonly { readonly namespace: string; readonly hostKey: string }[];
  const [pid1, pid3] = [await pidIn(one?.namespace ?? ""), await pidIn(three?.namespace ?? "")];
  await hostCommand([
    "ip",
    "link",
    "add",
    "hid1",
    "netns",
    pid1,
    "type",
    "veth",
    "peer",
    "name",
    "hid3",
    "netns",
    pid3,
  ]);
  for (const [node, link, address] of [
    ["n1", "hid1", "10.255.77.1"],
    ["n3", "hid3", HIDDEN],
  ] as const) {
    const session = await lan.session(node);
    await execOk(session, ["ip", "address", "add", `${address}/30`, "dev", link]);
    await execOk(session, ["ip", "link", "set", link, "up"]);
  }
  await secondSshd("n2", ["PasswordAuthentication yes", "KbdInteractiveAuthentication no", "UsePAM no"]);
  await secondSshd("n3", [
    `ListenAddress ${HIDDEN}`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication yes",
    "UsePAM yes",
  ]);
  const second = async (node: string) => execOk(await lan.session(node), ["cat", "/etc/second_key.pub"]);
  knownHosts = join(home, "known_hosts");
  const known = [
    `${lan.address("n1")} ${one?.hostKey}`,
    `[${lan.address("n2")}]:${PORT} ${await second("n2")}`,
    `[${HIDDEN}]:${PORT} ${await second("n3")}`,
  ];
  await writeFile(knownHosts, `${known.join("\n")}\n`);
  config = join(home, "config");
  await writeFile(
    config,
    `Host bastion
  HostName ${lan.address("n1")}
  User root
  IdentityFile ${join(clusterDirectory(lan.id), "id_ed25519")}
Host db-behind
  HostName ${HIDDEN}
  ProxyJump bastion
Host db-near
  HostName ${lan.address("n2")}
Host db-*
  Port ${PORT}
  User keyed
  IdentityFile ${home}/lab_%r
Host *
  UserKnownHostsFile ${knownHosts}
  GlobalKnownHostsFile none
`,
  );
});

afterAll(async () => {
  await lan.down({ destroy: true });
  await rm(home, { recursive: true, force: true });
});

/** An inventory that is up, without the configuration and keys of who runs the tests. */
async function inventory(
  options: Partial<InventoryOptions> & Pick<InventoryOptions, "nodes">,
): Promise<InventoryCluster> {
  const cluster = new InventoryCluster({
    configFile: "none",
    insecureHostKeys: false,
    knownHostsFile: knownHosts,
    ...options,
  });
  onTestFinished(() => cluster.down());
  await cluster.up();
  return cluster;
}

const near = (user: string) => `${user}@${lan.address("n2")}:${PORT}`;

/** What is said when these nodes cannot be used. */
const refusal = (options: Partial<InventoryOptions> & Pick<InventoryOptions, "nodes">): Promise<string> =>
  inventory(options).then(
    () => "it worked",
    (error: Error) => error.message,
  );

/** Environment variables during one test. */
function secrets(ssh: string, sudo = ""): void {
  vi.stubEnv("JEPSEN_TS_SSH_PASSWORD", ssh);
  vi.stubEnv("JEPSEN_TS_SUDO_PASSWORD", sudo);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe("a password", () => {
  it("that is wrong, or missing, is said so", async () => {
    secrets("nonsense");
    const nodes = [near("tester")];
    expect(await refusal({ nodes })).toMatch(/refuses to let us in with the password.*is the password right\?/);
    secrets("");
    expect(await refusal({ nodes })).toContain("JEPSEN_TS_SSH_PASSWORD");
    expect(await refusal({ nodes, passwordFile: join(home, "nothing") })).toContain("Cannot read the password");
  });

  it("lets in, and a user who is not root is told of --sudo", async () => {
    const flags = ["doctor", "--nodes", near("tester"), "--known-hosts", knownHosts, "--ssh-config", "none"];
    const asUser = await cli(flags, { env: { JEPSEN_TS_SSH_PASSWORD: password } });
    expect(asUser.code).toBe(254);
    expect(asUser.stdout).toContain("--sudo");
    const file = join(home, "secret");
    await writeFile(file, `${password}\n`);
    expect(await cli([...flags, "--sudo", "--ssh-password-file", file])).toMatchObject({ code: 0 });
  });
});

describe("sudo", () => {
  it("that refuses is one sentence: no rule, a wrong password, a password that was not given", async () => {
    secrets(password);
    expect(await refusal({ nodes: [near("nobodys")], sudo: true })).toMatch(
      /sudo does not make nobodys root \(.*is not in the sudoers file/,
    );
    secrets("", "");
    const keyed = { nodes: [near("strict")], keyFile: join(home, "lab_keyed"), sudo: true };
    expect(await refusal(keyed)).toMatch(/a password is required.*JEPSEN_TS_SUDO_PASSWORD/);
    secrets("", "nonsense");
    expect(await refusal(keyed)).toMatch(/sudo does not make strict root \(.*is the password in/);
  });

  for (const user of ["tester", "keyed"]) {
    it(`hands over stdin, exit codes and files as root, for ${user}`, async () => {
      secrets(user === "tester" ? password : "", user === "tester" ? "" : "not wanted");
      const keyFile = join(home, "lab_keyed");
      const cluster = await inventory({ nodes: [near(user)], sudo: true, ...(user === "keyed" ? { keyFile } : {}) });
      const session = await cluster.session(lan.address("n2"));
      const text = "first\n\njepsen\0-ts\nlast";
      // a password that sudo does not ask for is not taken for the command's input either
      expect(await session.exec(["sh", "-c", "cat; id -u >&2; exit 7"], { stdin: text })).toEqual({
        code: 7,
        stdout: text,
        stderr: "0\n",
      });
      const seen = await execOk(session, ["ps", "-eo", "args"]);
      expect(seen).toContain("sudo");
      expect(seen).not.toContain(password);

      const bytes = randomBytes(1 << 20);
      await writeFile(join(home, "up"), bytes);
      await session.upload(join(home, "up"), "/root/private file");
      await execOk(session, ["chmod", "600", "/root/private file"]);
      await session.download("/root/private file", join(home, "down"));
      expect((await readFile(join(home, "down"))).equals(bytes)).toBe(true);
      await expect(session.download("/root/none", join(home, "none"))).rejects.toThrow(/No such file/);
      expect(existsSync(join(home, "none"))).toBe(false);

      const remote = await session.spawn(["sh", "-c", "id -u; cat"]);
      await remote.write("hello");
      const lines = remote.lines[Symbol.asyncIterator]();
      expect([(await lines.next()).value, (await lines.next()).value]).toEqual(["0", "hello"]);
      await remote.close();

      const word = `late-${randomBytes(4).toString("hex")}`;
      const script = `sh -c 'trap "" TERM HUP; sleep 1000; : ${word}' & sleep 1001; : ${word}`;
      await expect(session.exec(["sh", "-c", script], { timeoutMs: 700 })).rejects.toMatchObject({ code: "timeout" });
      const running = async () => (await execOk(session, ["ps", "-eo", "args"])).includes(word);
      await expect.poll(running).toBe(false);
    });
  }

  it("runs a whole test with a proven partition; the password is in no file of it", async () => {
    const store = join(home, "store");
    const nodes = [`tester@${lan.address("n2")}:${PORT}`, `root@${lan.address("n1")}`].join(",");
    const key = join(clusterDirectory(lan.id), "id_ed25519");
    const flags = ["--nodes", nodes, "--known-hosts", knownHosts, "--ssh-config", "none", "--ssh-key", key, "--sudo"];
    const faults = ["--nemesis", "partition", "--partition", "one", "--nemesis-interval", "2", "--time-limit", "5"];
    const done = await run(["examples/http-register.ts", ...flags, ...faults, "--store", store], {
      env: { JEPSEN_TS_SSH_PASSWORD: password },
    });
    expect(done.summary).not.toBe("");
    expect(done).toMatchObject({ code: 0 });
    const files = await hostCommand(["sh", "-c", 'grep -rlF -- "$1" "$2" || true', "sh", password.slice(5, 17), store]);
    expect(files).toBe("");
    expect(await readText(done.directory, lan.address("n2"), "server.log")).toBeDefined();
  });
});

describe("ssh's configuration", () => {
  /** Whether an SSH server says hello there: a network may answer for addresses that it does not have. */
  const reach = (host: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host, port: PORT, timeout: 1_500 });
      const say = (answer: boolean) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once("data", (chunk) => say(chunk.toString().startsWith("SSH-")));
      for (const name of ["timeout", "error", "end"] as const) socket.once(name, () => say(false));
    });

  it("names hosts, users, ports, keys and the only way there", async () => {
    expect(await reach(HIDDEN)).toBe(false);
    expect(await reach(lan.address("n2"))).toBe(true);
    const cluster = new InventoryCluster({
      nodes: ["db-near", "db-behind"],
      configFile: config,
      insecureHostKeys: false,
      sudo: true,
    });
    onTestFinished(() => cluster.down());
    await cluster.up();
    expect(await execOk(await cluster.session("db-behind"), ["hostname"])).toBe("n3");
    expect(await execOk(await cluster.session("db-near"), ["hostname"])).toBe("n2");
    expect([cluster.address("db-near"), cluster.address("db-behind")]).toEqual([lan.address("n2"), HIDDEN]);
  });

  it("runs a whole test behind a jump host", async () => {
    const flags = ["--nodes", "db-behind,db-near", "--ssh-config", config, "--sudo"];
    const done = await run(["fs", ...flags, "--time-limit", "3", "--settle", "0", "--store", join(home, "behind")]);
    expect(done).toMatchObject({ code: 0 });
  });

  it("lets a jump host be named by flag, with a password behind it", async () => {
    secrets(password);
    const cluster = await inventory({
      nodes: [`tester@${HIDDEN}:${PORT}`],
      jump: `root@${lan.address("n1")}`,
      keyFile: join(clusterDirectory(lan.id), "id_ed25519"),
      sudo: true,
    });
    expect(await execOk(await cluster.session(HIDDEN), ["hostname"])).toBe("n3");
  });

  it("does not make an unknown host behind a jump host trusted, nor a jump host", async () => {
    const refused = async (without: string) => {
      const file = join(home, "fewer");
      const lines = (await readFile(knownHosts, "utf8")).split("\n").filter((line) => !line.includes(without));
      await writeFile(file, lines.join("\n"));
      const options = { nodes: ["db-behind"], configFile: config, insecureHostKeys: false, knownHostsFile: file };
      const cluster = new InventoryCluster(options);
      onTestFinished(() => cluster.down());
      return cluster.up().then(
        () => "it worked",
        (error: Error) => error.message,
      );
    };
    expect(await refused(HIDDEN)).toMatch(/Cannot trust db-behind \(.* through bastion\): its host key .* is not in/);
    expect(await refused(lan.address("n1"))).toMatch(/Cannot trust bastion/);
  });

  it("that leads nowhere is one sentence", async () => {
    const file = join(home, "odd");
    await writeFile(
      file,
      "Host circle\n ProxyJump circle2\nHost circle2\n ProxyJump circle\nHost command\n ProxyCommand nc %h %p\n",
    );
    const failure = (node: string) => refusal({ nodes: [node], configFile: file });
    expect(await failure("circle")).toContain("does it go in a circle?");
    expect(await failure("command")).toContain("use ProxyJump");
    const cluster = new InventoryCluster({ nodes: ["x"], configFile: join(home, "none"), insecureHostKeys: false });
    await expect(cluster.up()).rejects.toMatchObject({ code: "usage" });
  });
});
