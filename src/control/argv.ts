/** One argument as a POSIX shell word that means exactly itself. */
export function shellWord(argument: string): string {
  if (argument !== "" && /^[\w@%+=:,./-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", "'\\''")}'`;
}

/** An argument vector as one POSIX shell command line: the SSH protocol carries strings only. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellWord).join(" ");
}
