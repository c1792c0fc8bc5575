import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import openapi from "../api/openapi.json";
import en from "./en.json";
import zh from "./zh-CN.json";

const root = fileURLToPath(new URL("../..", import.meta.url));

function program(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    if (e.isDirectory()) return program(path);
    return path.endsWith(".go") && !path.endsWith("_test.go") ? [readFileSync(join(root, path), "utf8")] : [];
  });
}

const lines = ["internal", "cmd"].flatMap(program).flatMap((text) => text.split("\n"));

it("every act that the program writes into the audit has a text", () => {
  const acts = lines
    .filter((line) => /[aA]udit\w*\(|\.note(Self)?\(|\bact: |\bact\b.* := "/.test(line))
    .flatMap((line) => [...line.matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map((m) => m[1] ?? ""));
  expect(acts.length).toBeGreaterThan(30);
  expect([...new Set(acts)].filter((act) => !(act in zh.audit.act))).toEqual([]);
});

it("every setting has a name", () => {
  const keys = lines.flatMap((line) => line.match(/^(?:const |\t)\w*[kK]ey\s+= "([a-z_-]+)\/?"/)?.[1] ?? []);
  expect(keys.length).toBeGreaterThan(20);
  expect([...new Set(keys)].filter((key) => !(key in zh.audit.of))).toEqual([]);
});

it("every scope of a key has a text", () => {
  const { items } = openapi.components.schemas.MakeKeyInput.properties.scopes;
  expect(items.enum).toContain("read");
  expect(items.enum.filter((scope) => !(scope in zh.team.scope))).toEqual([]);
});

it("every clause of our own is called in both languages what the rules call it", () => {
  const { clauses } = JSON.parse(readFileSync(join(root, "internal/moderation/policy/presets.json"), "utf8"));
  expect(clauses.length).toBeGreaterThan(10);
  const names = clauses.map((c: { name: Record<string, string> }) => [c.name["zh-CN"], c.name.en]);
  expect(en.order.ownName).toEqual(Object.fromEntries(names));
});

it("every format that is read has a name", () => {
  const formats = [
    ...readFileSync(join(root, "transcript/detect.go"), "utf8").matchAll(/^\t\t\{"([a-z-]+)", knows/gm),
  ].map((m) => m[1] ?? "");
  expect(formats.length).toBeGreaterThan(15);
  for (const words of [zh, en]) expect(Object.keys(words.preview.format).sort()).toEqual(formats.sort());
});
