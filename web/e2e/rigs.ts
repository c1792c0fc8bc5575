import { type ChildProcess, execFile, spawn } from "node:child_process";
import { constants, createHash, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "@playwright/test";

// Programs that stand for chat networks while a test runs: third-party endpoints
// of testdata/rigs, and our simulated WeCom.

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** A line of JSON that a program printed: what it was asked to do, what it saw. */
export type Line = Record<string, unknown>;

/** A program that runs until it is killed, and may be started again. */
export class Program {
  readonly lines: Line[] = [];
  private child: ChildProcess | undefined;
  private errors = "";

  constructor(
    private readonly command: string[],
    private readonly env: Record<string, string> = {},
    private readonly control = "",
  ) {}

  /** Starts it, and waits until it says that it is ready. */
  async start(): Promise<Line> {
    const [file = "", ...args] = this.command;
    const child = spawn(file, args, {
      cwd: dirname(this.command.at(-1) ?? root),
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    child.stderr?.on("data", (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-10_000);
    });
    const before = this.lines.length;
    if (child.stdout) {
      createInterface(child.stdout).on("line", (text) => {
        if (text.startsWith("{")) this.lines.push(JSON.parse(text) as Line);
      });
    }
    const ready = () => this.lines.slice(before).find((l) => l.ev === "ready");
    await expect
      .poll(() => ready() !== undefined || child.exitCode !== null, { message: `${file} to start`, timeout: 180_000 })
      .toBe(true);
    const line = ready();
    if (!line) throw new Error(`${this.command.join(" ")} ended: ${this.errors}`);
    return line;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  /** Asks something of its control port. */
  async post(path: string, body: object = {}): Promise<Line> {
    const answer = await fetch(`${this.control}${path}`, { method: "POST", body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Line;
  }

  /** Waits until it was called by us, with these parts of the call. */
  async called(api: string, parts: Line = {}): Promise<void> {
    const fits = (l: Line) => l.ev === "call" && l.api === api && Object.entries(parts).every(([k, v]) => l[k] === v);
    await expect
      .poll(() => this.lines.filter((l) => l.ev === "call" && l.api === api), {
        message: `a call of ${api} with ${JSON.stringify(parts)}`,
        timeout: 120_000,
      })
      .toContainEqual(expect.objectContaining(parts));
    expect(this.lines.filter(fits)).toHaveLength(1); // and once only
  }
}

/** Finds a port that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const at = server.address();
      server.close(() => (at && typeof at === "object" ? resolve(at.port) : reject(new Error("no port"))));
    });
  });
}

/** Prepares a program of testdata/rigs with a port for its control, installing what it needs. */
export async function rig(name: string, main: string, env: Record<string, string>): Promise<Program> {
  const { stdout } = await run(join(root, "scripts/rig"), [name]);
  const control = await freePort();
  return new Program(
    ["node", join(stdout.trim(), main)],
    { ...env, CTRL_PORT: String(control) },
    `http://127.0.0.1:${control}`,
  );
}

/** Prepares the simulated WeCom on a port, `more` are flags of it; its control is that of connector/wecom/wecomtest. */
export async function wecom(port: number, more: string[] = []): Promise<Program> {
  const binary = join(root, ".cache/wecomsim");
  await run("go", ["build", "-o", binary, "./internal/cmd/wecomsim"], { cwd: root });
  return new Program([binary, "--port", String(port), ...more], {}, `http://127.0.0.1:${port}/_control`);
}

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

/**
 * What members of customer groups say, as WeCom's chat archive has it: read by our
 * own helper program through the stand-in of the platform's library, whose answers
 * lie in a folder. The folder is the ID of the corporation.
 */
export class Archive {
  readonly folder = mkdtempSync(join(tmpdir(), "qunying-archive-"));
  readonly secret = "s3cret"; // the stand-in's
  private keys = [newKey()];
  private readonly programs = join(root, ".cache/archive");
  private seq = 0;

  /** Builds helper and library. */
  async build(): Promise<void> {
    const env = { ...process.env, CGO_ENABLED: "0" };
    await run("go", ["build", "-o", join(this.programs, "qunying-archive"), "./cmd/qunying-archive"], {
      cwd: root,
      env,
    });
    const source = join(root, "connector/wecomarchive/testdata/standin.c");
    await run("gcc", ["-shared", "-fPIC", "-D_GNU_SOURCE", source, "-o", this.library]);
  }

  /** The corporation changes its public key: what is said from now on is for the next version. */
  changeKey(): void {
    this.keys.push(newKey());
  }

  /** What a connection is configured with, with the private keys of all versions but those that are lost. */
  config(lost: number[] = []): Line {
    const held = this.keys.flatMap(({ privateKey }, i) =>
      lost.includes(i + 1) ? [] : `${i + 1}:\n${privateKey.export({ type: "pkcs1", format: "pem" })}`,
    );
    return {
      corp_id: this.folder,
      secret: this.secret,
      keys: held.join("\n"),
      library: this.library,
      helper: join(this.programs, "qunying-archive"),
    };
  }

  private get library(): string {
    return join(this.programs, "libWeWorkFinanceSdk_C.so");
  }

  /** Archives a text that somebody writes now. */
  say(group: string, from: string, text: string): void {
    this.add(group, from, { msgtype: "text", text: { content: text } });
  }

  /** Archives a picture that somebody shows now. */
  show(group: string, from: string, picture: Buffer): void {
    const id = `picture${this.seq + 1}`;
    mkdirSync(join(this.folder, "media"), { recursive: true });
    writeFileSync(join(this.folder, "media", id), picture);
    const md5sum = createHash("md5").update(picture).digest("hex");
    this.add(group, from, { msgtype: "image", image: { md5sum, filesize: picture.length, sdkfileid: id } });
  }

  /** Archives that somebody refuses to be read. */
  refuse(group: string, from: string): void {
    this.add(group, from, { msgtype: "disagree", disagree: { userid: from, disagree_time: Date.now() } });
  }

  private add(group: string, from: string, message: object): void {
    this.seq++;
    const id = `${this.seq}_external`;
    const plain = Buffer.from(
      `ok:${JSON.stringify({
        msgid: id,
        action: "send",
        from,
        tolist: ["zhangsan"],
        roomid: group,
        msgtime: Date.now(),
        ...message,
      })}`,
    );
    const key = Buffer.from(`key-${this.seq}`);
    for (let i = 0; i < plain.length; i++) plain[i] = (plain[i] ?? 0) ^ (key[i % key.length] ?? 0);
    const version = this.keys.length;
    const { publicKey } = this.keys[version - 1] ?? newKey();
    const wrapped = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
    const record = {
      seq: this.seq,
      msgid: id,
      publickey_ver: version,
      encrypt_random_key: wrapped.toString("base64"),
      encrypt_chat_msg: plain.toString("hex"),
    };
    appendFileSync(join(this.folder, "records"), `${this.seq} ${JSON.stringify(record)}\n`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
