/** How long the threads of a process may take to stop: one that the kernel works for stops only when it comes back from there. */
const STILL_WITHIN_SECONDS = 5;
const LOOK_PAUSE_SECONDS = 0.02;

/**
 * Functions for shell scripts on nodes that know whether processes stand still. The signal SIGSTOP is sent at once, but
 * a process goes on until the thread that the kernel chose to receive it leaves the kernel, and tells the others.
 *
 * - `moving PID...` prints, for each thread of these processes that is neither stopped nor dead, its status file and the
 *   line with its state in it.
 * - `stand_still PID...` waits until there are none. Fails after 5 s with a sentence on stderr.
 */
export const STAND_STILL = `moving() {
  for each; do grep -H -e '^State:[[:space:]]*[^TtXZ[:space:]]' "/proc/$each/task/"*/status 2>/dev/null; done
  return 0
}
stand_still() {
  read -r now _ < /proc/uptime; until=$((\${now%.*} + ${STILL_WITHIN_SECONDS}))
  while [ -n "$(moving "$@")" ]; do
    read -r now _ < /proc/uptime
    [ "\${now%.*}" -gt $until ] && { echo "threads of process $* go on ${STILL_WITHIN_SECONDS} s after SIGSTOP" >&2; return 1; }
    sleep ${LOOK_PAUSE_SECONDS}
  done
}`;
