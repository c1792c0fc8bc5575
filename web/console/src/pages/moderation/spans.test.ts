import { expect, test } from "vitest";
import { cut } from "./spans.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

test("places are in bytes, not in characters", () => {
  const text = "加微信😀 abc123 领红包";
  const start = bytes("加微信😀 ");
  expect(cut(text, [{ start, end: start + 6, why: "wechat" }])).toEqual([
    { text: "加微信😀 " },
    { text: "abc123", why: "wechat" },
    { text: " 领红包" },
  ]);
});

test("places that overlap are one, those that are nowhere are left out", () => {
  expect(
    cut("abcdef", [
      { start: 1, end: 3, why: "x" },
      { start: 2, end: 5, why: "y" },
      { start: 0, end: 0, why: "nowhere" },
      { start: 4, end: 99, why: "beyond" },
    ]),
  ).toEqual([{ text: "a" }, { text: "bcde", why: "x · y" }, { text: "f" }]);
});

test("a text without places is whole", () => {
  expect(cut("原文", [])).toEqual([{ text: "原文" }]);
  expect(cut("", [])).toEqual([]);
});
