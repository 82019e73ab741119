import ssh2 from "ssh2";
import { JepsenError } from "../../errors.ts";

/** An Ed25519 key pair in OpenSSH's formats: the text of a private key file, and of its `.pub` file without a comment. */
export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

const { generateKeyPairSync, parseKey } = ssh2.utils;
const TRIES_MAX = 100;

/**
 * Makes a key pair. ssh2 1.17 cuts leading zero bytes off a public key, so that one pair in 256 cannot be read by
 * anybody: such a pair is thrown away.
 */
export function makeKeyPair(generate: () => KeyPair = () => generateKeyPairSync("ed25519")): KeyPair {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const pair = generate();
    if (!(parseKey(pair.public) instanceof Error) && !(parseKey(pair.private) instanceof Error)) return pair;
  }
  throw new JepsenError("internal", `None of ${TRIES_MAX} generated SSH key pairs could be read again.`);
}
