import { describe, expect, it } from "vitest";
import en from "./en.json";
import { wordsIn } from "./generate.mjs";
import zh from "./zh-CN.json";

interface Words {
  title: string;
  about: string;
  risk: string;
  fields: Record<string, { label: string; help: string }>;
  choices: Record<string, string>;
  checks: Record<string, string>;
  codes: Record<string, string>;
  checklist: string[];
}

const chinese = zh as unknown as Record<string, Words>;
const english = en as unknown as Record<string, Words>;

it("are those beside the drivers' pages (npm run words)", () => {
  expect(zh).toEqual(wordsIn("zh-CN"));
  expect(en).toEqual(wordsIn("en"));
});

describe.each(Object.keys(chinese))("the words of %s", (driver) => {
  const a = chinese[driver]!;
  const b = english[driver]!;

  it("say the same things in both languages", () => {
    for (const part of ["fields", "choices", "checks", "codes"] as const) {
      expect(Object.keys(b[part]).sort(), part).toEqual(Object.keys(a[part]).sort());
    }
    expect(b.checklist.length).toBe(a.checklist.length);
    expect(b.risk === "").toBe(a.risk === "");
  });

  it("leave nothing empty", () => {
    for (const words of [a, b]) {
      expect(words.title).not.toBe("");
      expect(words.about).not.toBe("");
      for (const [name, field] of Object.entries(words.fields)) {
        expect(field.label, name).not.toBe("");
        expect(field.help, name).not.toBe("");
      }
      for (const part of [words.choices, words.checks, words.codes]) {
        for (const [name, text] of Object.entries(part)) expect(text, name).not.toBe("");
      }
      for (const line of words.checklist) expect(line).not.toBe("");
    }
  });
});
