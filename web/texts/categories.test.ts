import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import en from "./en.json";
import zh from "./zh-CN.json";

// Categories that the product's own rules speak of; people may make up more.
const presets = readFileSync(
  fileURLToPath(new URL("../../internal/moderation/policy/presets.json", import.meta.url)),
  "utf8",
);
const categories = [...new Set([...presets.matchAll(/"category":\s*"([^"]+)"/g)].map((m) => m[1] ?? ""))];

it.each([
  ["zh-CN", zh],
  ["en", en],
])("the categories of the presets have a name in %s", (_, texts) => {
  expect(categories.length).toBeGreaterThan(8);
  const named = texts.order.category as Record<string, string>;
  expect(categories.filter((c) => !named[c])).toEqual([]);
});
