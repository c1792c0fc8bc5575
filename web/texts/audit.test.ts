import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import openapi from "../api/openapi.json";
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
