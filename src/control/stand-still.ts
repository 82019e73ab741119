/** How long the threads of a process may take to stop: one that the kernel works for stops only when it comes back from there. */
const STILL_WITHIN_MS = 5_000;
const LOOK_PAUSE_MS = 20;

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
  looks=0; while [ -n "$(moving "$@")" ]; do
    looks=$((looks+1)); [ $looks -gt ${STILL_WITHIN_MS / LOOK_PAUSE_MS} ] && { echo "threads of process $* go on ${STILL_WITHIN_MS / 1000} s after SIGSTOP" >&2; return 1; }
    sleep ${LOOK_PAUSE_MS / 1000}
  done
}`;
