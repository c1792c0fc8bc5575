import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const compressible = /\.(js|css|svg|json|txt|wasm)$/;
const worthwhile = 1024; // bytes; below it a compressed copy saves nothing

/**
 * Replaces every file F of the build that compresses well by F.br and F.gz: the
 * server unpacks the latter for the rare client that reads neither.
 */
export function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const file of walk(folder)) {
        const source = compressible.test(file) ? readFileSync(file) : undefined;
        if (!source || source.length <= worthwhile) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${file}.br`, brotliCompressSync(source, { params: quality }));
        writeFileSync(`${file}.gz`, gzipSync(source, { level: 9 }));
        rmSync(file);
      }
    },
  };
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}
