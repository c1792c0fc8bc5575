import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const limit = 60_000; // bytes, compressed: it opens inside a chat app, on a phone's network
const assets = fileURLToPath(new URL("../dist/member/assets/", import.meta.url));

describe.skipIf(!existsSync(assets))("the members' page (after npm run build)", () => {
  it("stays small", () => {
    const files = readdirSync(assets).filter((name) => /\.(js|css)(\.br)?$/.test(name));
    expect(files.length).toBeGreaterThan(1);
    const weigh = (file: string) =>
      file.endsWith(".br") ? statSync(file).size : brotliCompressSync(readFileSync(file)).length;
    const sum = files.reduce((n, name) => n + weigh(join(assets, name)), 0);
    expect(sum).toBeLessThan(limit);
  });
});
