import { JepsenError } from "../../errors.ts";

/** A host as a user writes it; what is left out comes from flags and ssh's configuration. */
export interface HostAddress {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** Reads `host`, `host:port`, `user@host`, `[::1]:22`, also behind `ssh://`. Throws JepsenError "usage". */
export function parseHost(text: string, what = "a node"): HostAddress {
  const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[0-9a-fA-F:]+\]|[^:@\s/-][^:@\s/]*)(?::(\d{1,5}))?\/?$/.exec(text);
  const [, user, host, digits] = match ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65535)))
    throw new JepsenError("usage", `"${text}" is not ${what}: write host, host:port or user@host:port.`);
  return {
    host: host.replace(/^\[|\]$/g, ""),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}
