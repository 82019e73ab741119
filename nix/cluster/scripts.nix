# The shell that the host's units run. NixOS runs it with `set -e`, and checks it with shellcheck where it is a container's.
{
  lib,
  cfg,
  layout,
}:
let
  quote = lib.escapeShellArg;
  paths = lib.concatMapStringsSep " " quote;

  keysOf =
    node:
    let
      hostKey = "${node.credentials}/${layout.hostKeyName}";
      authorizedKeys = "${node.credentials}/authorized_keys";
    in
    ''
      mkdir -p -- ${quote node.credentials}
      make_key ${quote hostKey} ${quote node.name}
      printf '%s ' ${quote "${node.name},${node.address}"} >>${quote "${layout.knownHosts}.new"}
      cat -- ${quote "${hostKey}.pub"} >>${quote "${layout.knownHosts}.new"}
    ''
    + (
      if cfg.generateKey then
        "cat -- ${quote "${layout.identityFile}.pub"} >${quote authorizedKeys}\n"
      else
        "rm -f -- ${quote authorizedKeys}\n"
    );
in
{
  bridgeUp = ''
    if ! ip link show dev ${quote cfg.network.bridge} >/dev/null 2>&1; then
      ip link add name ${quote cfg.network.bridge} type bridge
    fi
    ip address replace ${quote layout.control.localAddress} dev ${quote cfg.network.bridge}
    ip link set dev ${quote cfg.network.bridge} up
  '';

  bridgeDown = ''
    if ip link show dev ${quote cfg.network.bridge} >/dev/null 2>&1; then
      ip link delete dev ${quote cfg.network.bridge} type bridge
    fi
  '';

  # Makes what is missing and keeps what is there: a node's host key stays the same for ever.
  makeKeys = ''
    make_key() {
      if [ ! -s "$1" ]; then
        rm -f -- "$1"
        ssh-keygen -q -t ed25519 -N "" -C "$2" -f "$1"
      fi
      ssh-keygen -y -f "$1" >"$1.pub"
    }

    # Users of the host have the same numbers as users of the nodes: what the nodes keep is closed to them.
    mkdir -p -m 0700 -- ${quote "${cfg.stateDir}/nodes"}
    mkdir -p -- ${quote layout.accessDirectory}
    ${lib.optionalString cfg.generateKey "make_key ${quote layout.identityFile} jepsen-ts"}
    : >${quote "${layout.knownHosts}.new"}
    ${lib.concatMapStringsSep "\n" keysOf layout.nodes}
    mv -f -- ${quote "${layout.knownHosts}.new"} ${quote layout.knownHosts}
  '';

  # Before a node starts: its data directories are there, and empty where the node begins anew each time.
  prepareNode =
    node:
    let
      directories = map (path: node.data + path) cfg.dataPaths;
    in
    ''
      ${lib.optionalString cfg.ephemeral ''
        rm -rf --one-file-system -- ${quote node.data}
      ''}
      ${lib.optionalString (directories != [ ]) ''
        mkdir -p -- ${paths directories}
      ''}
    '';
}
