/**
 * Functions for shell scripts on nodes that take FUSE mounts away whose servers have ended. Need root.
 *
 * - `drop_mount POINT` breaks off the connection and unmounts, at once. Without the first, a process that waits for its
 *   server cannot be killed; and when it holds the device open itself, as the children of servers do, the death of the
 *   server frees nobody.
 * - `drop_mounts DIR` does so for everything that is mounted right below DIR. Fails after 2.5 s, naming DIR on stderr.
 */
export const DROP_MOUNTS = `drop_mount() {
  connections=/sys/fs/fuse/connections
  grep -F -e " $1 " /proc/self/mountinfo | grep -F -e " - fuse" | while read -r _ _ device _; do
    number=\${device#*:} ours=
    [ -e "$connections/$number/abort" ] || { mount -t fusectl fusectl "$connections" 2>/dev/null && ours=1; }
    [ ! -e "$connections/$number/abort" ] || echo 1 > "$connections/$number/abort"
    [ -z "$ours" ] || umount "$connections"
  done
  umount -l "$1" 2>/dev/null
}
drop_mounts() {
  tries=0; while grep -q -F -e " $1/" /proc/self/mounts; do
    tries=$((tries+1)); [ $tries -gt 50 ] && { echo "a mount below $1 cannot be removed" >&2; return 1; }
    for point in "$1"/*; do drop_mount "$point"; done; sleep 0.05
  done
}`;
