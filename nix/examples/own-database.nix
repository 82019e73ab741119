# A database of your own on the nodes: its program on the PATH, its files on a real disk, and no service that would
# start it. The suite that starts and tests it is TypeScript: see docs/nixos.md.
{
  services.jepsen-ts-cluster = {
    enable = true;
    systems = [ ];
    dataPaths = [ "/var/lib/valkey" ];
    resources = {
      cpuPercent = 100;
      memoryMebibytes = 1024;
    };
    extraModules = [
      (
        { pkgs, ... }:
        {
          environment.systemPackages = [ pkgs.valkey ];
        }
      )
    ];
  };
}
