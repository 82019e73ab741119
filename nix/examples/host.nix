# A whole NixOS host with the cluster on it, as small as it can be. flake.nix evaluates it as nixosConfigurations.example.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "26.05";

  boot.loader.grub.device = "/dev/sda";
  fileSystems."/" = {
    device = "/dev/sda1";
    fsType = "ext4";
  };

  services.jepsen-ts-cluster.enable = true;
}
