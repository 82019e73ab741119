# Where everything of the cluster is: names, addresses, units and paths, computed from the options with builtins alone.
# The module, the assertions and /etc/jepsen-ts/cluster.json are made of this one record.
cfg:
let
  addresses = import ../addresses.nix;
  prefix = addresses.parsePrefix cfg.network.prefix;
  accessDirectory = "${cfg.stateDir}/access";

  # An unparsable prefix is the business of the assertions: until they have spoken, nothing here may throw.
  orInvalid = address: if address == null then "invalid" else address;
  length = if prefix == null then "0" else toString prefix.length;

  node =
    index:
    let
      name = builtins.elemAt cfg.nodes index;
      address = orInvalid (addresses.host prefix (cfg.network.firstHost + index));
    in
    {
      inherit name address;
      # With its length: on a bridge, a bare address would be a /32 without neighbours.
      localAddress = "${address}/${length}";
      unit = "container@${name}.service";
      # Seen from the host; `credentials` holds what sshd on the node reads, `data` what must be on a real disk.
      credentials = "${accessDirectory}/nodes/${name}";
      data = "${cfg.stateDir}/nodes/${name}/data";
    };
in
rec {
  inherit prefix accessDirectory;
  nodes = builtins.genList node (builtins.length cfg.nodes);
  units = map (node: node.unit) nodes;

  # The host itself on the bridge: the first address of the prefix.
  control = rec {
    address = orInvalid (addresses.host prefix 1);
    localAddress = "${address}/${length}";
  };

  identityFile = "${accessDirectory}/id_ed25519";
  knownHosts = "${accessDirectory}/known_hosts";

  # Where a node finds its credentials.
  nodeCredentials = "/var/lib/jepsen-ts-access";
  hostKeyName = "ssh_host_ed25519_key";

  # What programs on the host may know of the cluster, as JSON; `format` changes when a field changes its meaning.
  description = {
    format = 1;
    inherit (cfg) systems ephemeral stateDir;
    user = "root";
    port = 22;
    identityFile = if cfg.generateKey then identityFile else null;
    inherit knownHosts;
    network = {
      inherit (cfg.network) bridge prefix;
      control = control.address;
    };
    nodes = map (node: {
      inherit (node) name address unit;
      hostKey = "${node.credentials}/${hostKeyName}.pub";
    }) nodes;
  };
}
