import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { helperScript } from "../../nemesis/clock/helper.ts";
import { monotonicMs, sleep, wallClock } from "../../src/clock.ts";
import {
  Conversation,
  HELPER,
  hasProgram,
  here,
  KERNEL_HELPER,
  run,
  type VictimClocks,
  vdsoOf,
  victimCommand,
} from "../nemesis/clock/programs.ts";

/** Real processes of this machine; no nodes. The patch needs root, Linux and x86-64. */
const possible =
  process.platform === "linux" && process.arch === "x64" && process.getuid?.() === 0 && hasProgram("python3");

interface Look {
  readonly pid: number;
  readonly jumps: readonly string[];
  readonly foreign: boolean;
  readonly deltaNs: number;
  readonly error?: string;
  readonly gone?: boolean;
  readonly switches?: number;
  readonly confirmed?: number;
}

/** Runs the helper as a node does: the program on stdin. */
function helper(...args: readonly string[]): { readonly processes: readonly Look[] } {
  return JSON.parse(run("python3", ["-", ...args], helperSource));
}

let helperSource = "";
let directory = "";
let victim: readonly [string, readonly string[]] = ["", []];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "clock-helper-"));
  helperSource = await readFile(HELPER, "utf8");
  if (possible) victim = victimCommand(directory);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const seconds = (ns: string) => Number(BigInt(ns) / 1000n) / 1e6;

/** How far each of the victim's clocks is from this process's, in seconds; asked again while the machine is too busy to answer at once. */
async function offsets(program: Conversation) {
  for (let attempt = 0; ; attempt++) {
    const asked = monotonicMs();
    const said = await program.ask<VictimClocks>("?");
    const wall = wallClock().getTime() / 1000;
    const mono = Number(process.hrtime.bigint()) / 1e9;
    expect(said.malformed).toBe(0);
    expect(said.backwards).toBe(0);
    if (monotonicMs() - asked > 30 && attempt < 100) continue;
    return {
      realtime: seconds(said.realtimeNs) - wall,
      coarse: seconds(said.coarseNs) - wall,
      gettimeofday: Number(said.gettimeofdayUs) / 1e6 - wall,
      time: said.time - wall,
      monotonic: seconds(said.monotonicNs) - mono,
    };
  }
}

describe.skipIf(!possible)("the vDSO helper on a busy program", () => {
  let program: Conversation;
  let pid = "";

  beforeEach(async () => {
    program = new Conversation(...victim);
    await program.ask("?");
    pid = `--pid=${program.pid}`;
  });

  afterEach(async () => {
    await program.end();
  });

  it.each([60, -60, 288, 0.011, -0.999_999_999, 0])(
    "shifts every wall clock by %d s and nothing else",
    async (shift) => {
      const host = wallClock().getTime() - monotonicMs();
      helper("apply", pid, `--offset-ns=${Math.round(shift * 1e9)}`);
      const seen = await offsets(program);
      for (const clock of ["realtime", "coarse", "gettimeofday"] as const) expect(seen[clock]).toBeCloseTo(shift, 1);
      expect(Math.abs(seen.time - shift)).toBeLessThan(1.2);
      expect(Math.abs(seen.monotonic)).toBeLessThan(0.1);
      expect(Math.abs(wallClock().getTime() - monotonicMs() - host)).toBeLessThan(50);
      expect(helper("read", pid).processes[0]).toMatchObject({ deltaNs: Math.round(shift * 1e9), foreign: false });
      helper("reset", pid);
      const after = await offsets(program);
      for (const clock of ["realtime", "coarse", "gettimeofday", "monotonic"] as const)
        expect(Math.abs(after[clock])).toBeLessThan(0.1);
    },
  );

  it("restores every byte outside the slack when it is undone", async () => {
    const pristine = await vdsoOf(process.pid);
    helper("apply", pid, "--offset-ns=5000000000");
    const patched = await vdsoOf(program.pid);
    const { room } = JSON.parse(run("python3", ["-", "probe"], helperSource)) as {
      room: { offset: number; needed: number };
    };
    expect(patched.bytes.subarray(0, room.offset).equals(pristine.bytes.subarray(0, room.offset))).toBe(false);
    expect(helper("read", pid).processes[0]?.jumps).toEqual(
      expect.arrayContaining(["clock_gettime", "gettimeofday", "time"]),
    );
    expect(helper("reset", pid).processes[0]).toMatchObject({ jumps: [], foreign: false, deltaNs: 0 });
    const restored = await vdsoOf(program.pid);
    const end = room.offset + room.needed;
    expect(restored.bytes.subarray(0, room.offset).equals(pristine.bytes.subarray(0, room.offset))).toBe(true);
    expect(restored.bytes.subarray(end).equals(pristine.bytes.subarray(end))).toBe(true);
  });

  it("gains 5 % when told to, and goes on from there after a jump", async () => {
    const t0 = BigInt(wallClock().getTime()) * 1_000_000n;
    helper("apply", pid, "--offset-ns=1000000000", "--rate-ppm=50000", `--t0-ns=${t0}`);
    const first = await program.ask<VictimClocks>("?");
    await sleep(1_500);
    const second = await program.ask<VictimClocks>("?");
    const wall = seconds(second.realtimeNs) - seconds(first.realtimeNs);
    const mono = seconds(second.monotonicNs) - seconds(first.monotonicNs);
    expect(wall / mono).toBeCloseTo(1.05, 3);
    expect((await offsets(program)).realtime).toBeCloseTo(
      1 + 0.05 * (wallClock().getTime() / 1000 - Number(t0) / 1e9),
      1,
    );
  });

  it("strobes between two times and ends where it began", async () => {
    helper("apply", pid, "--offset-ns=7000000000");
    const strobing = spawn("python3", [
      "-",
      "strobe",
      pid,
      "--delta-ns=100000000000",
      "--period-ms=3",
      "--duration-ms=1500",
    ]);
    strobing.stdin.end(helperSource);
    let answer = "";
    strobing.stdout.on("data", (chunk) => {
      answer += chunk;
    });
    const seen = new Set<number>();
    const ended = once(strobing, "close");
    while (strobing.exitCode === null) {
      seen.add(Math.round((await offsets(program)).realtime));
      await sleep(7);
    }
    await ended;
    expect(seen).toEqual(new Set([7, 107]));
    const result = (JSON.parse(answer) as { processes: Look[] }).processes[0];
    expect(result?.switches).toBeGreaterThan(20); // 500 where nobody else wants the processor
    expect(result?.confirmed).toBe(result?.switches);
    expect(result?.deltaNs).toBe(7e9);
  });

  it("says that the program ended when it is killed during a strobe", async () => {
    const args = ["-", "strobe", pid, "--delta-ns=100000000000", "--period-ms=1", "--duration-ms=20000"];
    const strobing = spawn("python3", args);
    strobing.stdin.end(helperSource);
    let answer = "";
    strobing.stdout.on("data", (chunk) => {
      answer += chunk;
    });
    const ended = once(strobing, "close");
    for (const shift of [100, 0]) while (Math.round((await offsets(program)).realtime) !== shift) await sleep(1);
    process.kill(program.pid, "SIGKILL");
    await ended;
    const result = (JSON.parse(answer) as { processes: Look[] }).processes[0];
    expect(result).toMatchObject({ gone: true, error: expect.stringMatching(/has ended/) });
    expect(result?.switches).toBeGreaterThan(1);
  });

  it("ends a strobe that a reset overtakes, and leaves the true clock", async () => {
    const strobing = spawn("python3", [
      "-",
      "strobe",
      pid,
      "--delta-ns=100000000000",
      "--period-ms=1",
      "--duration-ms=20000",
    ]);
    strobing.stdin.end(helperSource);
    let answer = "";
    strobing.stdout.on("data", (chunk) => {
      answer += chunk;
    });
    const ended = once(strobing, "close");
    while (helper("read", pid).processes[0]?.jumps.length === 0) await sleep(20);
    await sleep(200);
    helper("reset", pid);
    await ended;
    expect((JSON.parse(answer) as { processes: Look[] }).processes[0]?.error).toMatch(/changed the clock .* meanwhile/);
    expect(helper("read", pid).processes[0]).toMatchObject({ jumps: [], foreign: false });
    expect(Math.abs((await offsets(program)).realtime)).toBeLessThan(0.1);
  });

  it("does not harm the program in 1 000 installations and removals", async () => {
    const before = await program.ask<VictimClocks>("?");
    const said = JSON.parse(run("python3", [here("toggle.py"), HELPER, String(program.pid), "1000"])) as {
      toggles: number;
    };
    expect(said.toggles).toBe(1000);
    const after = await program.ask<VictimClocks>("?");
    expect(after.calls).toBeGreaterThan(before.calls + 100_000);
    expect(after).toMatchObject({ malformed: 0, backwards: 0 });
    expect(program.hasEnded).toBe(false);
  });

  it("changes code only where no thread is, or will return from a signal handler", () => {
    const said = JSON.parse(run("python3", [here("danger.py"), HELPER, String(program.pid)])) as Record<string, object>;
    expect(said).toMatchObject({
      counterInsideThrice: { jumps: 3 },
      counterAlwaysInside: { jumps: 0, refusal: expect.stringMatching(/inside the bytes to be changed/) },
      counterJustBehind: { jumps: 3 },
      returnsInsideTwice: { jumps: 3 },
    });
    // at least: the program is busy, and now and then a real thread of it is inside as well
    const looks = (name: string) => (said[name] as { looks: number }).looks;
    expect(looks("counterInsideThrice")).toBeGreaterThanOrEqual(4);
    expect(looks("returnsInsideTwice")).toBeGreaterThanOrEqual(3);
  });

  it("leaves a paused program paused, and lets it go on otherwise", async () => {
    const state = async () => /^State:\t(.)/m.exec(await readFile(`/proc/${program.pid}/status`, "utf8"))?.[1];
    helper("apply", pid, "--offset-ns=1000000000");
    expect(await state()).not.toBe("T");
    program.child.kill("SIGSTOP");
    while ((await state()) !== "T") await sleep(5);
    helper("reset", pid);
    helper("apply", pid, "--offset-ns=9000000000");
    expect(await state()).toBe("T");
    program.child.kill("SIGCONT");
    expect((await offsets(program)).realtime).toBeCloseTo(9, 1);
  });

  it("refuses a program whose vDSO something else has changed", async () => {
    const { base, bytes } = await vdsoOf(program.pid);
    const text = bytes.indexOf(Buffer.from("linux-vdso.so.1"));
    const file = await open(`/proc/${program.pid}/mem`, "r+");
    await file.write(Buffer.from("L"), 0, 1, base + text);
    await file.close();
    const refused = run("sh", ["-c", `python3 - apply ${pid} --offset-ns=1 || [ $? = 3 ]`], helperSource);
    expect((JSON.parse(refused) as { processes: Look[] }).processes[0]?.error).toMatch(
      /Something else has changed the vDSO/,
    );
  });

  it("says which programs have ended, and treats the others", () => {
    const { processes } = helper("apply", "--pid=4194303", pid, "--offset-ns=1000000000");
    expect(processes[0]).toMatchObject({ pid: 4194303, gone: true, error: expect.stringMatching(/has ended/) });
    expect(processes[1]).toMatchObject({ pid: program.pid, deltaNs: 1e9 });
  });
});

describe.skipIf(!possible)("undoing without knowing whom", () => {
  it("finds the children of shifted programs, in this pid namespace only", async () => {
    const outside = new Conversation(...victim);
    await outside.ask("?");
    helper("apply", `--pid=${outside.pid}`, "--offset-ns=3000000000");
    // In a pid namespace of its own, as a node is: a shell is shifted, then forks, then the undo script runs there.
    const onShell = (...args: string[]) =>
      helperScript("vdso-helper", args).replaceAll(/'(--pid=\$\w+|--pid=\$\$)'/g, '"$1"');
    const script = `${onShell("apply", "--pid=$$", "--offset-ns=60000000000")}
(while :; do read -r _ < /proc/uptime; done) & copy=$!
${onShell("read", "--pid=$copy")}
${onShell("reset", "--all")}
echo "code $?"
${onShell("read", "--pid=$$", "--pid=$copy")}
kill $copy`;
    const file = join(directory, "script.sh");
    await writeFile(file, script);
    // Not as pid 1, which cannot be stopped from inside its namespace.
    const inside = ["--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", 'sh "$1"; exit $?', "sh", file];
    const said = run("unshare", inside).split("\n");
    const parse = (index: number) => (JSON.parse(said[index] ?? "") as { processes: Look[] }).processes;
    expect(parse(0)[0]).toMatchObject({ deltaNs: 60e9 });
    expect(parse(1)[0]).toMatchObject({ deltaNs: 60e9 });
    expect(parse(2)).toHaveLength(2);
    expect(said[3]).toBe("code 0");
    for (const look of parse(4)) expect(look).toMatchObject({ jumps: [], foreign: false });
    expect(helper("read", `--pid=${outside.pid}`).processes[0]).toMatchObject({ deltaNs: 3e9 });
    await outside.end();
  });

  it("takes the room of the section headers where there is no slack, and says where there is no room at all", () => {
    expect(JSON.parse(run("python3", [here("rooms.py"), HELPER]))).toMatchObject({
      usual: "slack",
      tight: "section headers",
      verified: expect.arrayContaining(["realtime"]),
      refusal: expect.stringMatching(/has no room for the \d+ bytes/),
    });
  });

  it("tries the method on a process of its own and finds it working", () => {
    const { verified } = JSON.parse(run("python3", ["-", "verify"], helperSource)) as { verified: string[] };
    expect(verified).toEqual(expect.arrayContaining(["realtime", "realtimeCoarse", "monotonic"]));
  });
});

describe.skipIf(!possible || !hasProgram("etcd"))("the vDSO helper on etcd, a Go program", () => {
  let etcd: ChildProcess;
  let pid = "";
  // below the ports that the kernel gives to connections, and two for each process
  const port = 20_000 + 2 * (process.pid % 6_000);
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${port + 1}`;
  /** How far the Date header of an answer is from this process's clock, in seconds; it counts whole ones. */
  const date = async () => {
    const answer = await fetch(`${url}/version`);
    await answer.text();
    return (Date.parse(answer.headers.get("date") ?? "") - wallClock().getTime()) / 1000;
  };

  beforeAll(async () => {
    const args = ["--data-dir", join(directory, "etcd"), "--listen-client-urls", url, "--advertise-client-urls", url];
    args.push(
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
      "--initial-cluster",
      `default=${peer}`,
    );
    etcd = spawn("etcd", args, { stdio: "ignore" });
    pid = `--pid=${etcd.pid}`;
    for (;;) {
      const up = await date().then(
        () => true,
        () => false,
      );
      if (up) break;
      await sleep(100);
    }
  });

  afterAll(async () => {
    const ended = once(etcd, "exit");
    etcd.kill("SIGKILL");
    await ended;
  });

  it.each([60, -60, 288, 3600])("its Date header is off by %d s", async (shift) => {
    helper("apply", pid, `--offset-ns=${shift * 1e9}`);
    expect(Math.abs((await date()) - shift)).toBeLessThan(1.5);
    helper("reset", pid);
    expect(Math.abs(await date())).toBeLessThan(1.5);
  });

  it("lives through 1 000 installations and removals and still writes", async () => {
    run("python3", [here("toggle.py"), HELPER, String(etcd.pid), "1000"]);
    const put = await fetch(`${url}/v3/kv/put`, {
      method: "POST",
      body: JSON.stringify({ key: "YQ==", value: "YQ==" }),
    });
    expect(put.status).toBe(200);
    await put.text();
  });
});

describe.skipIf(!hasProgram("llvm-mc"))("the listings", () => {
  it.each([
    ["X86_64", "x86_64", ".intel_syntax noprefix\n"],
    ["AARCH64", "aarch64", ""],
  ])("%s: the machine code is what its assembly says", async (name, triple, syntax) => {
    const listing = new RegExp(`^${name} = """\\n(.*?)"""`, "ms").exec(helperSource)?.[1] ?? "";
    const lines = listing.trimEnd().split("\n");
    const assembly = lines.map((line) =>
      (line.startsWith(" ") ? line.split("|")[1] : line)?.replace(/#(?!-?\d|0x).*/, ""),
    );
    const bytes = lines.filter((line) => line.startsWith(" ")).map((line) => line.split("|")[0]?.replaceAll(" ", ""));
    const head = `${syntax}.quad 0\nselector: .quad 0\nblocks: .fill 128, 1, 0\n`;
    const said = run(
      "llvm-mc",
      [`-triple=${triple}`, "-show-encoding", "-filetype=obj", "-o", join(directory, "listing.o")],
      `${head}${assembly.join("\n")}\n`,
    );
    expect(said).toBe("");
    const object = await readFile(join(directory, "listing.o"));
    const code = Buffer.from(bytes.join(""), "hex");
    expect(code.length).toBeGreaterThan(150);
    expect(object.indexOf(code)).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasProgram("python3"))("the kernel helper, on a kernel that is not one", () => {
  let kernel: Conversation;
  let baseline = "";

  /** One command, its answer, and the state of the kernel afterwards. */
  async function ask<T>(
    ...args: readonly string[]
  ): Promise<T & { after: { services: string[]; pace: { tick: number; freq: number } } }> {
    const answer = await kernel.ask<T>(`${JSON.stringify(args)}\n`);
    return { ...answer, after: await kernel.line() };
  }

  beforeEach(async () => {
    kernel = new Conversation("python3", [here("fake_kernel.py"), KERNEL_HELPER]);
    baseline = `--baseline=${(await ask<{ baseline: string }>("probe")).baseline}`;
  });

  afterEach(async () => {
    await kernel.end();
  });

  const MS = 1e6;

  it("jumps, stops the service that would correct it, and sets both right again", async () => {
    const done = await ask<{ deltaNs: number }>("apply", baseline, "--offset-ns=-60000000000", "--t0-ns=0");
    expect(Math.abs(done.deltaNs + 60e9)).toBeLessThan(5 * MS);
    expect(done.after.services).toEqual([]);
    expect(Math.abs((await ask<{ deltaNs: number }>("read", baseline)).deltaNs + 60e9)).toBeLessThan(5 * MS);
    const reset = await ask<{ deltaNs: number; ratePpm: number }>("reset", baseline);
    expect(Math.abs(reset.deltaNs)).toBeLessThan(5 * MS);
    expect(reset.after).toMatchObject({ services: ["chronyd"], pace: { tick: 10_000, freq: 20 * 65_536 } });
  });

  it.each([50_000, -50_000, 123.4])("drifts at %d ppm beside the kernel's own correction", async (ppm) => {
    const { trueNs } = await ask<{ trueNs: string }>("read", baseline);
    await ask("apply", baseline, "--offset-ns=1000000000", `--rate-ppm=${ppm}`, `--t0-ns=${trueNs}`);
    await sleep(400);
    const seen = await ask<{ deltaNs: number; ratePpm: number; trueNs: string }>("read", baseline);
    expect(seen.ratePpm).toBeCloseTo(ppm, 2);
    const elapsedNs = Number(BigInt(seen.trueNs) - BigInt(trueNs));
    expect(Math.abs(seen.deltaNs - 1e9 - (elapsedNs * ppm) / 1e6)).toBeLessThan(5 * MS);
    expect(Math.abs((await ask<{ deltaNs: number }>("reset", baseline)).deltaNs)).toBeLessThan(5 * MS);
  });

  it("strobes and ends where it began", async () => {
    await ask("apply", baseline, "--offset-ns=5000000000", "--t0-ns=0");
    const strobe = ["strobe", baseline, "--delta-ns=90000000000", "--period-ms=5", "--duration-ms=300"];
    const done = await ask<{ switches: number; confirmed: number; deltaNs: number; error?: string }>(...strobe);
    expect(done.switches).toBeGreaterThan(3); // 60 where nobody else wants the processor
    expect(done.confirmed).toBe(done.switches);
    expect(Math.abs(done.deltaNs - 5e9)).toBeLessThan(5 * MS);
    expect(done.error).toBeUndefined();
  });

  it("gives way when somebody else sets the clock during a strobe", async () => {
    const strobe = ["strobe", baseline, "--delta-ns=90000000000", "--period-ms=50", "--duration-ms=10000"];
    const done = await ask<{ switches: number; error: string }>("--meanwhile", ...strobe);
    expect(done.error).toMatch(/changed the node's clock meanwhile/);
    expect(done.switches).toBeLessThan(10);
  });

  it("refuses what is out of bounds", async () => {
    kernel.child.stdin.write(`${JSON.stringify(["apply", baseline, "--offset-ns=99000000000000000", "--t0-ns=0"])}\n`);
    await expect(kernel.line()).rejects.toThrow(/has ended/);
  });
});
