/** Ready workloads that need only a client. */
export { groupSize, type RegisterWorkloadOptions, registerWorkload } from "./register.ts";
