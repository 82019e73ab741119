import type { Sudo } from "./ssh-target.ts";

/** Stands between the password and the command's own stdin. */
const BEGIN = "jepsen-ts-stdin-begins-here";

/**
 * sudo reads the password only when it wants one, and reads it byte by byte: whatever it left is dropped here, up to the
 * mark, so that the command gets exactly its own stdin. The shell's `read` takes no byte beyond a line either.
 */
const SKIP_PASSWORD = `while IFS= read -r line; do [ "$line" = ${BEGIN} ] && break; done; `;

/** A shell script as it is called on a node, and what its stdin must begin with. */
export interface ScriptCall {
  readonly argv: readonly string[];
  readonly stdin: string;
}

/**
 * `sh -c script sh …args`, as root when there is a `sudo`. The password goes over stdin: it is in no argument that `ps`
 * on the node could show.
 */
export function scriptCall(script: string, args: readonly string[], sudo: Sudo | undefined): ScriptCall {
  if (sudo === undefined) return { argv: ["exec", "sh", "-c", script, "sh", ...args], stdin: "" };
  if (sudo.password === undefined)
    return { argv: ["exec", "sudo", "-n", "-H", "--", "sh", "-c", script, "sh", ...args], stdin: "" };
  return {
    argv: ["exec", "sudo", "-S", "-p", "", "-H", "--", "sh", "-c", SKIP_PASSWORD + script, "sh", ...args],
    stdin: `${sudo.password}\n${BEGIN}\n`,
  };
}

/** What to do when sudo did not run the command. */
export function sudoRefusal(user: string, sudo: Sudo, said: string): string {
  const mend =
    sudo.password === undefined
      ? "allow it without a password (NOPASSWD), or give the password in JEPSEN_TS_SUDO_PASSWORD or with --sudo-password-file"
      : "is the password in JEPSEN_TS_SUDO_PASSWORD or --sudo-password-file right?";
  const reason = said
    .trim()
    .split("\n")
    .at(-1)
    ?.replace(/^sudo: /, "")
    .replace(/\.$/, "");
  return `sudo does not make ${user} root (${reason || "it said nothing"}): ${mend}`;
}
