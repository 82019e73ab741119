import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Agent } from "../../../workloads/fs/agent.ts";
import { FileSession } from "../../../workloads/fs/session.ts";
import { FILE, readHeld, readWhole, type Step, writeSynced } from "../../../workloads/fs/steps.ts";
import { LocalSession } from "./local-session.ts";

let directory = "";
let session: LocalSession;
let open: FileSession[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fs-agent-"));
  session = new LocalSession();
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((files) => files.close()));
  await rm(directory, { recursive: true, force: true });
});

function files(timeoutMs = 10_000): FileSession {
  const made = new FileSession(session, timeoutMs);
  open.push(made);
  return made;
}

const at = (name: string) => join(directory, name);

async function results(session: FileSession, steps: readonly Step[]): Promise<readonly unknown[]> {
  const outcome = await session.run(steps);
  if ("error" in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.results;
}

describe("the file agent", () => {
  it("creates, appends, overwrites, truncates and reads", async () => {
    const client = files();
    await results(client, writeSynced(at("a"), ["O_CREAT", "O_APPEND"], "one "));
    await results(client, writeSynced(at("a"), ["O_CREAT", "O_APPEND"], "two\u00ff"));
    expect((await results(client, readWhole(at("a"))))[1]).toBe("one two\u00ff");
    expect(await readFile(at("a"), "latin1")).toBe("one two\u00ff");
    const seen = await results(client, [
      ["open", FILE, at("a"), ["O_RDWR"]],
      ["pwrite", FILE, "ONE", 0],
      ["truncate", FILE, 3],
      ["size", FILE],
      ["read", FILE],
      ["close", FILE],
    ]);
    expect([seen[3], seen[4]]).toEqual([3, "ONE"]);
    await results(client, writeSynced(at("a"), ["O_TRUNC"], "x"));
    expect(await readFile(at("a"), "latin1")).toBe("x");
  });

  it("keeps a file open from one read to the next, and opens it anew after a failure", async () => {
    const client = files();
    expect(await client.run(readHeld(at("log")))).toMatchObject({ error: { code: "ENOENT", definite: true } });
    await results(client, writeSynced(at("log"), ["O_CREAT", "O_APPEND"], "one "));
    expect((await results(client, readHeld(at("log"))))[1]).toBe("one ");
    await results(client, writeSynced(at("log"), ["O_APPEND"], "two"));
    await writeFile(at("new"), "another file");
    await rename(at("new"), at("log")); // who opens the name now gets another file
    expect((await results(client, readHeld(at("log"))))[1]).toBe("one two");
    expect((await results(files(), readHeld(at("log"))))[1]).toBe("another file");
    expect(await client.run([...readHeld(at("log")), ["unlink", at("none")]])).toMatchObject({
      error: { code: "ENOENT" },
    });
    expect((await results(client, readHeld(at("log"))))[1]).toBe("another file");
    await writeFile(at("second"), "second");
    expect((await results(client, readHeld(at("second"))))[1]).toBe("second");
    expect((await results(client, readHeld(at("log"))))[1]).toBe("another file");
  });

  it("renames, links, unlinks, lists and makes directories", async () => {
    const client = files();
    await results(client, [
      ["mkdir", at("d"), false],
      ["mkdir", at("d"), true],
      ["syncDirectory", directory],
    ]);
    await results(client, writeSynced(at("d/x"), ["O_CREAT", "O_EXCL"], "x"));
    const seen = await results(client, [
      ["link", at("d/x"), at("d/y")],
      ["rename", at("d/x"), at("d/z")],
      ["list", at("d")],
      ["unlink", at("d/y")],
      ["list", at("d")],
    ]);
    expect((seen[2] as string[]).sort()).toEqual(["y", "z"]);
    expect(seen[4]).toEqual(["z"]);
  });

  it("sets and gets extended attributes", async () => {
    const client = files();
    await results(client, writeSynced(at("a"), ["O_CREAT"], "a"));
    expect(await client.run([["getxattr", at("a"), "user.value"]])).toMatchObject({ error: { code: "ENODATA" } });
    await results(client, [["setxattr", at("a"), "user.value", "v\u00ff"]]);
    expect(await results(client, [["getxattr", at("a"), "user.value"]])).toEqual(["v\u00ff"]);
  });

  it("says which step failed, with the name of the errno, and what that means", async () => {
    const client = files();
    expect(await client.run(readWhole(at("nothing")))).toMatchObject({ error: { code: "ENOENT", definite: true } });
    await results(client, writeSynced(at("a"), ["O_CREAT"], "a"));
    const again = await client.run(writeSynced(at("a"), ["O_CREAT", "O_EXCL"], "a"));
    expect(again).toMatchObject({ error: { code: "EEXIST", definite: false } });
    const late = await client.run([
      ["open", FILE, at("a"), ["O_WRONLY"]],
      ["write", FILE, "b"],
      ["read", FILE],
    ]);
    expect(late).toMatchObject({ error: { code: "EBADF", definite: false } });
  });

  it("closes what a failed request had opened", async () => {
    const client = files();
    await results(client, writeSynced(at("a"), ["O_CREAT"], "a"));
    await client.run([
      ["open", FILE, at("a"), ["O_RDONLY"]],
      ["list", at("nowhere")],
    ]);
    expect((await results(client, readWhole(at("a"))))[1]).toBe("a");
  });

  it.each(["fcntl", "flock"] as const)(
    "locks with %s from one request to another, and gives up at once",
    async (kind) => {
      const [one, other] = [files(), files()];
      const lock: readonly Step[] = [
        ["open", FILE, at("lock"), ["O_RDWR", "O_CREAT"]],
        [kind, FILE, "exclusive"],
      ];
      await results(one, lock);
      expect(await other.run(lock)).toMatchObject({ error: { code: "EAGAIN", definite: true } });
      await results(one, [["close", FILE]]);
      await results(other, lock);
      await other.close(); // and a lock goes with its agent
      await results(one, lock);
    },
  );

  it("ends by itself when a request takes too long", async () => {
    // the write of a pipe that nobody reads hangs as one to a file system without servers does
    await session.exec(["mkfifo", at("pipe")]);
    const client = files(200);
    const outcome = await client.run(writeSynced(at("pipe"), [], "x"));
    expect(outcome).toMatchObject({ error: { code: "timeout", definite: false } });
    const [agent] = session.spawned;
    await expect.poll(() => isAlive(agent!.pid), { timeout: 10_000 }).toBe(false);
  });

  it("is replaced after it was lost, and its request is of unknown outcome", async () => {
    const client = files();
    await results(client, [["list", directory]]);
    const asked = client.run([
      ["mkdir", at("d"), false],
      ["open", FILE, at("d"), ["O_RDONLY"]],
    ]);
    session.spawned[0]!.kill();
    const outcome = await asked;
    if ("error" in outcome) expect(outcome.error).toMatchObject({ code: "agent-gone", definite: false });
    await client.run([["list", directory]]); // may be the one that notices
    expect(await client.run([["list", directory]])).toHaveProperty("results");
    expect(session.spawned.length).toBe(2);
  });

  it("reports what the program said when it died", async () => {
    const agent = await Agent.start(session, "raise SystemExit('no such luck')");
    expect(await agent.ask({}, 10_000)).toMatchObject({
      lost: "agent-gone",
      message: expect.stringMatching(/no such luck|EPIPE/),
    });
    expect(await agent.ask({}, 10_000)).toMatchObject({ lost: "agent-gone", sent: false });
    await agent.close();
  });

  it("takes one request at a time", async () => {
    const agent = await Agent.start(session, "import time; time.sleep(60)");
    const first = agent.ask({}, 50);
    await expect(agent.ask({}, 50)).rejects.toThrow(/one request/);
    expect(await first).toMatchObject({ lost: "timeout", sent: true });
    await agent.close();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
