# One virtual machine, five containers, one real test. In `nix flake check` it runs `command`; a driver that is built and
# run outside of the sandbox takes another command from the environment (JEPSEN_TS_COMMAND), so that a nightly can choose
# workload, faults and seed without building anything anew. The store of the run comes out as store.tar.gz, whatever the verdict.
{
  pkgs,
  name,
  systems,
  memoryMebibytes,
  command,
}:
pkgs.testers.runNixOSTest {
  name = "jepsen-ts-${name}";

  nodes.machine = {
    imports = [ ../cluster ];
    services.jepsen-ts-cluster = {
      enable = true;
      inherit systems;
    };
    virtualisation = {
      cores = 4;
      memorySize = memoryMebibytes;
      diskSize = 16384;
      writableStore = true;
    };
  };

  # Seconds for everything, the start of the machine included.
  globalTimeout = 3600;

  testScript = ''
    import os

    command = os.environ.get("JEPSEN_TS_COMMAND", "${command}")
    nodes = ["n1", "n2", "n3", "n4", "n5"]

    start_all()

    with subtest("the nodes are up, each with its address and its pinned key"):
        machine.wait_for_unit("multi-user.target")
        for index, node in enumerate(nodes):
            machine.wait_for_unit(f"container@{node}.service")
            machine.wait_until_succeeds(
                "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes"
                " -o UserKnownHostsFile=/var/lib/jepsen-ts/access/known_hosts"
                f" -i /var/lib/jepsen-ts/access/id_ed25519 root@10.77.0.{101 + index} true",
                timeout=120,
            )

    with subtest("a node finds its peers and itself by name, and itself not on loopback"):
        for index, node in enumerate(nodes):
            found = machine.succeed(f"nixos-container run n1 -- getent ahostsv4 {node}")
            assert found.split()[0] == f"10.77.0.{101 + index}", found

    with subtest("a node may filter its own packets, and not the clock"):
        machine.succeed("nixos-container run n1 -- nft add table inet jepsen_ts_probe")
        machine.succeed("nixos-container run n1 -- nft delete table inet jepsen_ts_probe")
        machine.fail("nixos-container run n1 -- date --set=@0")

    machine.log(machine.execute("jepsen-ts doctor 2>&1", timeout=120)[1])

    with subtest(command):
        machine.succeed("mkdir -p /root/run")
        status, _ = machine.execute(
            "cd /root/run && GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=/root/run/summary.md"
            f" {command} >stdout.txt 2>stderr.txt",
            timeout=3000,
        )
        machine.log(machine.succeed("tail -n 50 /root/run/stdout.txt /root/run/stderr.txt"))
        # A tarball, because the links in a store do not survive the way out of the machine.
        machine.succeed("tar -C /root/run -czf /root/store.tar.gz .")
        machine.copy_from_vm("/root/store.tar.gz")
        assert status == 0, f"exit code {status}: the report is in store.tar.gz"
  '';
}
