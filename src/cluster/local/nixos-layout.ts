import { mkdir, readdir, realpath, symlink } from "node:fs/promises";
import { join } from "node:path";

/** How a node's files are laid out: as on this host, or as on a NixOS machine. */
export type NodeLayout = "host" | "nixos";

/** Where this host's programs are looked for, first ones first. */
const PROGRAM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const STORE = "/nix/store";
const HASH = "00000000000000000000000000000000";
const USR = `${STORE}/${HASH}-usr`;
const PROFILE = `${STORE}/${HASH}-system-path`;
const ETC = `${STORE}/${HASH}-etc`;

/** PATH for commands over SSH. */
export const NODE_PATH: Readonly<Record<NodeLayout, string>> = {
  host: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  nixos: "/run/wrappers/bin:/root/.nix-profile/bin:/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin",
};

/**
 * The folder of links through which a NixOS machine finds its programs, made of this host's programs. Links that this
 * host resolves in several steps (through /etc/alternatives) lead to the end, since the steps are hidden on the node.
 */
export async function makeProfile(directory: string): Promise<void> {
  const bin = join(directory, "bin");
  await mkdir(bin, { recursive: true });
  const targets = new Map<string, string>();
  for (const folder of PROGRAM_FOLDERS) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (targets.has(name)) continue;
      const real = await realpath(join(folder, name)).catch(() => undefined); // a link to nowhere is no program
      if (real !== undefined) targets.set(name, real.replace(/^\/usr\//, `${USR}/`));
    }
  }
  const bash = targets.get("bash");
  if (bash !== undefined) targets.set("sh", bash); // there is no dash on NixOS
  for (const [name, target] of targets) await symlink(target, join(bin, name));
}

/**
 * A part of the node's first program (see NODE_INIT), run in the folder that becomes its root. Afterwards the node has
 * no program in /bin, /sbin, /usr and /usr/local but /bin/sh and /usr/bin/env; all others are reached through
 * /run/current-system/sw/bin, links into a read-only /nix/store; /etc/hosts is a link into it as well. What differs from
 * a NixOS machine: shared libraries stay in /lib and /usr/lib, since the programs were linked for them.
 */
export const NIXOS_LAYOUT = `mkdir -p nix
mount -t tmpfs -o size=16m,mode=755 tmpfs nix
mkdir -p nix/store nix/var .${USR} .${PROFILE} .${ETC}
mount --rbind usr .${USR}
mount --bind "$files/../profile" .${PROFILE}
cat etc/hosts > .${ETC}/hosts
ln -sfn ${ETC} etc/static
rm etc/hosts; ln -s /etc/static/hosts etc/hosts
for link in bin sbin; do if [ -L $link ]; then rm $link; mkdir $link; else mount -t tmpfs -o size=1m,mode=755 tmpfs $link; fi; done
for folder in usr/bin usr/sbin usr/local/bin usr/local/sbin; do if [ -d $folder ]; then mount -t tmpfs -o size=1m,mode=755 tmpfs $folder; fi; done
ln -s ${PROFILE}/bin/sh bin/sh
ln -s ${PROFILE}/bin/env usr/bin/env
for made in .${USR} .${PROFILE}; do mount -o remount,bind,ro $made; done
mount -o remount,ro nix
mkdir -p run/current-system run/wrappers/bin
ln -s ${PROFILE} run/current-system/sw
sed -i 's|^\\(root:.*:\\)[^:]*$|\\1/run/current-system/sw/bin/bash|' etc/passwd
node_path=${NODE_PATH.nixos}
`;
