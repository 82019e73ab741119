# The same without flakes: a clone of jepsen-ts beside configuration.nix, and this file among its imports.
{
  imports = [ ./jepsen-ts/nix/cluster ];

  services.jepsen-ts-cluster.enable = true;
}
