import { expect, it } from "vitest";
import { plainWords } from "./plain.ts";

it("takes the plain words of a lexicon", () => {
  const text =
    "# ours\n[advert]\tpinyin\n加微信\n兼职+日结~30\n/[vw]x?\\d/\n!微信公众号\nC\\+\\+代写\t\tsince May\n\n 返利 \r\n";
  expect(plainWords(text)).toEqual({ words: ["加微信", "C++代写", "返利"], left: 3 });
});
