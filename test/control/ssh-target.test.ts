import { createHmac } from "node:crypto";
import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { makeKeyPair } from "../../src/cluster/local/key-pair.ts";
import { anyHostKey, fingerprint, knownHostKey, knownHosts, pinnedHostKey } from "../../src/control/ssh-target.ts";

/** A key pair's public half as a `.pub` line, and the bytes that a server shows. */
function key(): { readonly line: string; readonly bytes: Buffer } {
  const line = makeKeyPair().public;
  const parsed = ssh2.utils.parseKey(line);
  if (parsed instanceof Error) throw parsed;
  return { line, bytes: parsed.getPublicSSH() };
}

const a = key();
const b = key();
const c = key();

/** A name as `ssh-keygen -H` writes it. */
function hashed(name: string): string {
  const salt = Buffer.from("twenty bytes of salt");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

const FILE = `# comment
   
n1,10.0.0.1 ${a.line}
${hashed("n2")} ${b.line} somebody@somewhere
[n3]:2222 ${a.line}
${hashed("[n4]:2222")} ${b.line}
*.lab.example,!bad.lab.example ${c.line}
db?.example ${b.line}
@revoked n6 ${a.line}
n6 ${b.line}
@cert-authority * ${c.line}
N7 ${a.line}
n.8 ${a.line}
broken line
n9 ssh-ed25519
`;

const keysFor = (host: string, port = 22) => knownHosts(FILE, host, port).map((entry) => entry.key);

describe("knownHosts", () => {
  it("finds plain names, addresses and hashed names", () => {
    expect(keysFor("n1")).toEqual([a.bytes]);
    expect(keysFor("10.0.0.1")).toEqual([a.bytes]);
    expect(keysFor("n2")).toEqual([b.bytes]);
    expect(keysFor("n22")).toEqual([]);
  });

  it("finds [host]:port only for that port, plain and hashed", () => {
    expect(keysFor("n3", 2222)).toEqual([a.bytes]);
    expect(keysFor("n3")).toEqual([]);
    expect(keysFor("n3", 22222)).toEqual([]);
    expect(keysFor("n4", 2222)).toEqual([b.bytes]);
    expect(keysFor("n4")).toEqual([]);
    expect(keysFor("n1", 2222)).toEqual([]);
  });

  it("knows wildcards, negation, and that names have no case", () => {
    expect(keysFor("x.lab.example")).toEqual([c.bytes]);
    expect(keysFor("bad.lab.example")).toEqual([]);
    expect(keysFor("db1.example")).toEqual([b.bytes]);
    expect(keysFor("db12.example")).toEqual([]);
    expect(keysFor("n7")).toEqual([a.bytes]);
    expect(keysFor("nx8")).toEqual([]);
  });

  it("passes over certificate authorities, comments and broken lines", () => {
    expect(keysFor("n5")).toEqual([]);
    expect(keysFor("broken")).toEqual([]);
    expect(keysFor("n9")).toEqual([]);
  });
});

describe("knownHostKey", () => {
  const refusal = (host: string, shown: Buffer, port = 22) =>
    knownHostKey(FILE, "/h/known_hosts", host, port).check(shown);

  it("accepts the recorded key", () => {
    expect(refusal("n1", a.bytes)).toBeUndefined();
    expect(refusal("n3", a.bytes, 2222)).toBeUndefined();
    expect(refusal("n6", b.bytes)).toBeUndefined();
  });

  it("refuses another key than the recorded one, and says how to remove it", () => {
    const sentence = refusal("n1", b.bytes);
    expect(sentence).toMatch(/changed/);
    expect(sentence).toContain(fingerprint(a.bytes));
    expect(sentence).toContain(fingerprint(b.bytes));
    expect(sentence).toContain("ssh-keygen -R n1");
  });

  it("refuses an unknown host, and says how to add it", () => {
    expect(refusal("n5", a.bytes, 2022)).toContain("ssh-keyscan -p 2022 n5 >> /h/known_hosts");
  });

  it("refuses a revoked key even where it is named as valid", () => {
    expect(refusal("n6", a.bytes)).toMatch(/revoked/);
  });

  it("tells which kinds of key are known, to ask the server for one of them", () => {
    expect(knownHostKey(FILE, "f", "n1", 22).algorithms).toEqual(["ssh-ed25519"]);
    expect(knownHostKey(FILE, "f", "n5", 22).algorithms).toEqual([]);
  });
});

describe("pinnedHostKey", () => {
  it("accepts that key, with or without a comment and a newline, and no other", () => {
    expect(pinnedHostKey(a.line)(a.bytes)).toBeUndefined();
    expect(pinnedHostKey(`${a.line} n1\n`)(a.bytes)).toBeUndefined();
    expect(pinnedHostKey(a.line)(b.bytes)).toContain(fingerprint(b.bytes));
  });

  it("accepts nothing when the file holds no key", () => {
    expect(pinnedHostKey("")(a.bytes)).toBeDefined();
  });
});

describe("anyHostKey", () => {
  it("accepts whatever is shown", () => {
    expect(anyHostKey(c.bytes)).toBeUndefined();
  });
});
