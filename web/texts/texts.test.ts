import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { divide, early, later } from "../console/build/texts.ts";
import en from "./en.json";
import zh from "./zh-CN.json";

const source = fileURLToPath(new URL("../console/src", import.meta.url));

function flat(texts: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [k, v] of flat(value as object, `${prefix}${key}.`)) found.set(k, v);
  }
  return found;
}

const chinese = flat(zh);
const english = flat(en);
const plural = (key: string) => key.replace(/_(one|other)$/, "");
const keys = (texts: Map<string, string>) => [...new Set([...texts.keys()].map(plural))].sort();
const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(folder, e.name)) : [join(folder, e.name)],
  );
}

const code = files(source).filter((f) => /\.tsx?$/.test(f) && !f.includes(".test."));

describe("the texts", () => {
  it("are the same in both languages", () => {
    expect(keys(english)).toEqual(keys(chinese));
  });

  it("have both plural forms in English and the one in Chinese", () => {
    for (const key of english.keys()) {
      if (!key.endsWith("_other")) continue;
      expect(english.has(key.replace(/_other$/, "_one")), key).toBe(true);
      expect(chinese.has(key), key).toBe(true);
    }
    expect([...chinese.keys()].filter((k) => k.endsWith("_one"))).toEqual([]);
  });

  it("fill in the same things", () => {
    for (const [key, text] of chinese) expect(holes(english.get(key) ?? ""), key).toEqual(holes(text));
  });

  it("do not shout and leave nothing empty", () => {
    for (const text of chinese.values()) expect(text).not.toMatch(/[!！]|^$/);
    for (const text of english.values()) expect(text).not.toMatch(/^$/);
  });

  it("are Chinese where they are Chinese and English where they are English", () => {
    const names = new Set(["language.zh"]);
    for (const [key, text] of english) if (!names.has(key)) expect(text, key).not.toMatch(/\p{Script=Han}/u);
  });

  it("are all used", () => {
    const all = code.map((f) => readFileSync(f, "utf8")).join("\n");
    const literals = new Set([...all.matchAll(/"([a-zA-Z0-9_.]+)"/g)].map((m) => m[1]));
    const templates = [...all.matchAll(/`([a-zA-Z.]+)\$\{[^`]*\}([a-zA-Z.]*)`/g)];
    const stems = new Set([...all.matchAll(/`([^`$]*)\$\{/g)].map((m) => m[1]));
    const unused = keys(chinese).filter(
      (key) =>
        !literals.has(key) &&
        !stems.has(key.slice(0, key.lastIndexOf(".") + 1)) &&
        !templates.some(([, from = "", to = ""]) => key.startsWith(from) && key.endsWith(to)),
    );
    expect(unused).toEqual([]);
  });
});

describe("the code", () => {
  it.each(code.map((f) => [f.slice(source.length + 1), f]))("holds no text: %s", (_, file) => {
    const withoutComments = readFileSync(file, "utf8")
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/^\s*\/\/.*$/gm, "");
    // Units of numbers are part of how numbers are written.
    if (!file.endsWith("words/format.ts")) expect(withoutComments).not.toMatch(/\p{Script=Han}/u);
    const between = [...withoutComments.matchAll(/>\s*([A-Za-z][A-Za-z ,.'’]{2,}?)\s*<\//g)].map((m) => m[1]);
    expect(between).toEqual([]);
    const attributes = [...withoutComments.matchAll(/(?:title|placeholder|aria-label|label)="([^"]+)"/g)].map(
      (m) => m[1],
    );
    expect(attributes).toEqual([]);
  });
});

it("divides the texts without losing any, and pages of a first look need none of the later ones", () => {
  for (const whole of [zh, en]) {
    const parts = divide(whole);
    expect([...flat(parts.first).keys(), ...flat(parts.later).keys()].sort()).toEqual([...flat(whole).keys()].sort());
  }
  const firstLook = ["shell", "parts", "ui", ...["entry", "overview", "group", "messages"].map((p) => `pages/${p}`)];
  const missing = firstLook
    .flatMap((folder) => files(join(source, folder)))
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/["`](\w+)\.(\w+)/g)].map((m) => ({ file, m })))
    .filter(({ m }) => later.has(m[1] ?? "") && !early.some((e) => `${m[1]}.${m[2]}`.startsWith(e)))
    .map(({ file, m }) => `${file}: ${m[0]}`);
  expect(missing).toEqual([]);
});
