import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("./src", import.meta.url));

// Who may import whom. Pages show parts, parts are made of ui; only pages and the
// shell ask the server. Types of the API's shapes may be used by parts.
const allowed: Record<string, string[]> = {
  words: [],
  theme: [],
  ui: ["words", "theme"],
  parts: ["ui", "words", "theme"],
  shell: ["parts", "ui", "words", "theme", "queries.ts", "queries"],
  pages: ["shell", "parts", "ui", "words", "theme", "queries.ts", "queries"],
};

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(folder, e.name)) : [join(folder, e.name)],
  );
}

const code = files(source).filter((f) => /\.tsx?$/.test(f) && !f.endsWith(".test.ts") && !f.endsWith(".d.ts"));

it.each(Object.keys(allowed))("%s imports downwards only", (layer) => {
  for (const file of code.filter((f) => relative(source, f).startsWith(`${layer}/`))) {
    const text = readFileSync(file, "utf8");
    for (const [, target = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const to = relative(source, join(dirname(file), target));
      if (to.startsWith("../")) continue; // texts
      const first = to.split("/")[0] ?? "";
      if (first === layer) continue;
      expect(allowed[layer], `${relative(source, file)} imports ${to}`).toContain(first);
    }
    if (layer === "ui" || layer === "words" || layer === "theme") expect(text, file).not.toContain("@qunying/api");
    if (layer === "parts") {
      for (const [line] of text.matchAll(/^import .*"@qunying\/api[^"]*";$/gm)) {
        expect(line, file).toMatch(/^import type .*"@qunying\/api\/model";$/);
      }
    }
  }
});

it("asks the server only through the generated client", () => {
  for (const file of code) {
    const text = readFileSync(file, "utf8");
    expect(text, file).not.toMatch(/\bfetch\(|new XMLHttpRequest|new EventSource/);
  }
});
