import { expect, it } from "vitest";
import en from "../../../texts/en.json";
import type { DriverWords } from "../words/connectors.ts";
import type { Words } from "../words/useWords.ts";
import { troubleWords } from "./trouble.ts";

const t = ((key: string, holes?: { code: string }) =>
  `${key}${holes ? ` ${holes.code}` : ""}`) as unknown as Words["t"];
const drivers = { wecom: { codes: { "60020": "trust the address", forbidden: "ours" } } } as unknown as Record<
  string,
  DriverWords
>;

it("asks the network's own texts first", () => {
  expect(troubleWords(t, drivers, "wecom/60020")).toBe("trust the address");
  expect(troubleWords(t, drivers, "wecom/forbidden")).toBe("ours");
});

it("says in general what the network says nothing of", () => {
  expect(troubleWords(t, drivers, "wecom/empty")).toBe("wrong.empty");
  expect(troubleWords(t, undefined, "gone/conflict")).toBe("wrong.conflict");
  expect(troubleWords(t, drivers, "expired")).toBe("wrong.expired");
});

it("names a number that nobody explained, and never shows a code that it does not know", () => {
  expect(troubleWords(t, drivers, "wecom/-42")).toBe("wrong.number -42");
  expect(troubleWords(t, drivers, "wecom/brand_new")).toBe("wrong.internal");
});

it("knows every sentence that there is", () => {
  for (const code of Object.keys(en.wrong)) {
    if (["said", "number", "older", "internal"].includes(code)) continue;
    expect(troubleWords(t, undefined, code)).toBe(`wrong.${code}`);
  }
});
