/**
 * The first program of a local node. It runs as pid 1 in fresh mount, pid, uts and ipc namespaces, inside the node's
 * network namespace, and becomes sshd. All mounts are its own: they vanish with it.
 *
 * Arguments: NAME, DIRECTORY (an empty folder to mount on), SIZE (of its disk, as tmpfs takes it), FILES (a folder
 * with hosts, authorized_keys, ssh_host_key, sshd_config), then the host's mount points to lay over as well.
 *
 * - Its root is an overlay of the host's root on a sized tmpfs: it may wreck its own /etc and /var.
 * - Single files only are written: a recursive chown would copy all that it touches up into memory.
 * - /root, /tmp, /run, /dev/shm and the terminals are its own; root's home is empty, so no heavy .bashrc slows commands.
 * - A file layout.sh in FILES is run before the host's files go out of sight: it may rearrange the node's, and say in
 *   node_path where its programs are.
 * - sshd without PAM refuses keys for a locked account, hence "*" in the node's own shadow file.
 */
export const NODE_INIT = `set -eu
name=$1 dir=$2 size=$3 files=$4; shift 4
hostname "$name"
mount --make-rprivate /
mount -t tmpfs -o "size=$size,mode=755" jepsen-ts "$dir"
mkdir "$dir/up" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$dir/root"
n=0
for point; do
  n=$((n+1)); mkdir "$dir/up$n" "$dir/work$n"
  mount -t overlay overlay -o "lowerdir=$point,upperdir=$dir/up$n,workdir=$dir/work$n" "$dir/root$point"
done
cd "$dir/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount --make-rslave dev
mount -t tmpfs -o size=256m,mode=1777 tmpfs dev/shm
if mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts 2>/dev/null; then [ -L dev/ptmx ] || mount --bind dev/pts/ptmx dev/ptmx; fi
for own in tmp run root; do mount -t tmpfs -o size=1g tmpfs "$own"; done
chmod 1777 tmp; chmod 755 run; chmod 700 root
mkdir -p run/sshd run/lock etc/jepsen-ts
cat "$files/hosts" > etc/hosts
echo "$name" > etc/hostname
cat "$files/authorized_keys" > etc/jepsen-ts/authorized_keys
(umask 077; cat "$files/ssh_host_key" > etc/jepsen-ts/ssh_host_key)
cat "$files/sshd_config" > etc/jepsen-ts/sshd_config
chmod 755 etc/jepsen-ts; chmod 644 etc/jepsen-ts/authorized_keys
sed -i 's/^root:[!*][^:]*:/root:*:/' etc/shadow
if [ -e "$files/layout.sh" ]; then . "$files/layout.sh"; fi
mkdir -p mnt/.host
pivot_root . mnt/.host
cd /
PATH=\${node_path:-$PATH}
sshd=$(command -v sshd)
umount -l /mnt/.host
exec "$sshd" -D -e -f /etc/jepsen-ts/sshd_config </dev/null
`;

/** sshd's own configuration on a node, with the PATH of commands; nothing of the host's is read. */
export function sshdConfig(path: string): string {
  return `Port 22
HostKey /etc/jepsen-ts/ssh_host_key
AuthorizedKeysFile /etc/jepsen-ts/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxSessions 100
MaxStartups 200
LogLevel ERROR
PidFile none
SetEnv PATH=${path} LANG=C.UTF-8
Subsystem sftp internal-sftp
`;
}
