import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The program that is tested. */
export const binary = process.env.QUNYING_BIN ?? fileURLToPath(new URL("../../bin/qunying", import.meta.url));

export interface Running {
  address: string;
  /** The one-time link of the first run. */
  setup: string;
  /** Its data folder. */
  data: string;
  /** Ends it; `keep` leaves the data folder, for whoever looks at it afterwards and deletes it. */
  stop: (keep?: boolean) => Promise<void>;
}

/** Starts a server of its own on a free port with an empty data folder; `more` are flags that it gets besides. In the demonstration nobody breaks the rules unless a test lets them. */
export function serve({ demo, more = [] }: { demo: boolean; more?: string[] }): Promise<Running> {
  const data = mkdtempSync(join(tmpdir(), "qunying-e2e-"));
  const args = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--setup-link", "--log-level", "error", ...more];
  const child = spawn(binary, demo ? [...args, "--demo", "--trouble=0s"] : args, { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    let output = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${binary} ended with ${code}: ${errors}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const setup = output.match(/^(http:\/\/\S+)\/setup\?token=\S+$/m);
      if (setup)
        resolve({ address: setup[1] ?? "", setup: setup[0], data, stop: (keep) => stop(child, keep ? "" : data) });
    });
  });
}

async function stop(child: ChildProcess, data: string): Promise<void> {
  child.removeAllListeners("exit");
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
  }
  if (data) rmSync(data, { recursive: true, force: true });
}
