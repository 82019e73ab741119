# What must hold between the options, each with the sentence that a person reads when it does not.
# Builtins only: the sentences are tested without nixpkgs. `cfg` is the evaluated option set.
cfg:
let
  layout = import ./layout.nix cfg;
  inherit (layout) prefix;

  count = builtins.length cfg.nodes;
  has = system: builtins.elem system cfg.systems;
  quoted = builtins.concatStringsSep ", " (map (text: "\"${text}\"") cfg.nodes);

  isName = name: builtins.match "[a-z]([a-z0-9-]*[a-z0-9])?" name != null;
  badNames = builtins.filter (name: !isName name) cfg.nodes;
  longNames = builtins.filter (name: builtins.stringLength name > 11) cfg.nodes;
  isUnique =
    list: builtins.length (builtins.attrNames (builtins.groupBy (item: item) list)) == builtins.length list;

  # nixos-containers hands paths to nspawn unquoted and separated by colons.
  isPlainPath =
    path: builtins.match "(/[A-Za-z0-9._-]+)+" path != null && builtins.match ".*/[.][.]?(/.*)?" path == null;
  badPaths = builtins.filter (path: !isPlainPath path) cfg.dataPaths;
  startsWith = start: text: builtins.substring 0 (builtins.stringLength start) text == start;
  isVolatile = path: builtins.any (start: startsWith start "${path}/") [ "/run/" "/tmp/" "/dev/" ];

  isPublicKey = key: builtins.match "(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?" key != null;
  badKeys = builtins.filter (key: !isPublicKey key) cfg.authorizedKeys;

  lastHost = cfg.network.firstHost + count - 1;
  option = name: "services.jepsen-ts-cluster.${name}";
in
[
  {
    assertion = count > 0;
    message = "${option "nodes"} is empty: name at least one node, or leave it out for n1 to n5.";
  }
  {
    assertion = badNames == [ ];
    message = "${option "nodes"} must be lower-case letters, digits and hyphens, beginning with a letter (nixos-container allows no underscore); not so: ${builtins.concatStringsSep ", " badNames}.";
  }
  {
    assertion = longNames == [ ];
    message = "${option "nodes"} may have 11 characters at most, because the host's network interface is named after the node; too long: ${builtins.concatStringsSep ", " longNames}.";
  }
  {
    assertion = isUnique cfg.nodes;
    message = "${option "nodes"} names a node twice: ${quoted}.";
  }
  {
    assertion = builtins.match "[A-Za-z][A-Za-z0-9-]*" cfg.network.bridge != null && builtins.stringLength cfg.network.bridge <= 15;
    message = "${option "network.bridge"} must be an interface name of 15 characters at most (letters, digits and hyphens); it is \"${cfg.network.bridge}\".";
  }
  {
    assertion = prefix != null && prefix.exact && prefix.length >= 8 && prefix.length <= 30;
    message = "${option "network.prefix"} must be an IPv4 network with a length of 8 to 30 and no host bits set, such as \"10.77.0.0/24\"; it is \"${cfg.network.prefix}\".";
  }
  {
    # 1 is the host's own; the last address of a network is its broadcast.
    assertion = prefix == null || (cfg.network.firstHost >= 2 && lastHost <= prefix.size - 2);
    message = "${option "network.firstHost"} leaves no room: ${toString count} nodes from host ${toString cfg.network.firstHost} on do not fit into ${cfg.network.prefix} beside the host's own address (1) and the broadcast address.";
  }
  {
    assertion = cfg.generateKey || cfg.authorizedKeys != [ ] || cfg.rootPassword != null;
    message = "Nobody could log in to the nodes: leave ${option "generateKey"} on, or set ${option "authorizedKeys"} or ${option "rootPassword"}.";
  }
  {
    # The keys themselves stay out of the sentence: what was pasted may be a private one.
    assertion = badKeys == [ ];
    message = "${option "authorizedKeys"} must hold public keys on one line each, such as \"ssh-ed25519 AAAA… you@host\"; ${toString (builtins.length badKeys)} of ${toString (builtins.length cfg.authorizedKeys)} are not.";
  }
  {
    assertion = cfg.rootPassword == null || cfg.rootPassword != "";
    message = "${option "rootPassword"} is empty: sshd refuses empty passwords; set one, or leave it null.";
  }
  {
    assertion = isPlainPath cfg.stateDir && !isVolatile cfg.stateDir && !startsWith "/nix/" cfg.stateDir;
    message = "${option "stateDir"} must be an absolute path on a real disk, outside of /run, /tmp, /dev and /nix, of letters, digits, dots, underscores and hyphens; it is \"${cfg.stateDir}\".";
  }
  {
    assertion = badPaths == [ ];
    message = "${option "dataPaths"} must be absolute paths below / of letters, digits, dots, underscores and hyphens; not so: ${builtins.concatStringsSep ", " badPaths}.";
  }
  {
    assertion = isUnique cfg.dataPaths;
    message = "${option "dataPaths"} names a path twice.";
  }
  {
    assertion = !(has "ceph" || has "gluster") || count >= 3;
    message = "${option "systems"} has ceph or gluster, which keep three replicas: they need at least three nodes, and there are ${toString count}.";
  }
  {
    assertion = !has "ceph" || cfg.resources.memoryMebibytes == null || cfg.resources.memoryMebibytes >= 2048;
    message = "${option "resources.memoryMebibytes"} is ${toString cfg.resources.memoryMebibytes}: a node with a Ceph monitor, manager and OSD needs at least 2048.";
  }
]
