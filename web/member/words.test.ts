import { expect, it } from "vitest";
import { fill, languageOf, moment, texts } from "./src/words.ts";

it("says the same in both languages", () => {
  const places = (of: object): unknown =>
    Object.fromEntries(
      Object.entries(of).map(([key, value]) => [
        key,
        typeof value === "string" ? (value.match(/\{\w+\}/g) ?? []).sort() : places(value),
      ]),
    );
  expect(places(texts.en)).toEqual(places(texts["zh-CN"]));
});

it("fills in values and leaves other braces alone", () => {
  expect(fill("{a} {b}", { a: "{b}" })).toBe("{b} {b}");
});

it("speaks the browser's language where it can, Chinese otherwise", () => {
  expect(languageOf(["fr", "en-GB", "zh"])).toBe("en");
  expect(languageOf(["zh-TW", "en"])).toBe("zh-CN");
  expect(languageOf(["ja"])).toBe("zh-CN");
});

it("tells times in the group's zone", () => {
  expect(moment(Date.UTC(2026, 2, 2, 1, 5), "zh-CN", "Asia/Shanghai")).toContain("09:05");
});
