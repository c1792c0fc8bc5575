import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

interface Texts {
  [key: string]: string | Texts;
}

/**
 * Sections of the texts that the pages of a first look do without: of setting up,
 * of rules, of platforms. They come with the first page that shows them.
 */
export const later = new Set(
  "account audit backups capabilities columns connect connection contingency doctor explore following insight judges kind limits mail measures offers order people preview privacy reports setsSet team webhooks wecom".split(
    " ",
  ),
);

/** What pages of a first look show of these sections nevertheless. */
export const early = [
  "explore.save",
  "measures.completeness",
  "measures.ofN",
  "measures.unknown",
  "order.comma",
  "order.element",
  "order.explain",
  "order.owner",
];

/** Divides texts into those of the first look and those that may come later. */
export function divide(texts: Texts): { first: Texts; later: Texts } {
  const first: Texts = {};
  const rest: Texts = {};
  for (const [section, value] of Object.entries(texts)) {
    if (!later.has(section) || typeof value === "string") {
      first[section] = value;
      continue;
    }
    for (const [key, text] of Object.entries(value)) {
      const into = early.some((e) => `${section}.${key}`.startsWith(e)) ? first : rest;
      into[section] = { ...(into[section] as Texts | undefined), [key]: text };
    }
  }
  return { first, later: rest };
}

/** Answers imports of texts.json?first and texts.json?later. */
export function texts(): Plugin {
  return {
    name: "texts",
    enforce: "pre",
    load(id) {
      const [file = "", part] = id.split("?");
      if (!file.endsWith(".json") || (part !== "first" && part !== "later")) return null;
      this.addWatchFile(file);
      const words = JSON.stringify(divide(JSON.parse(readFileSync(file, "utf8")))[part]);
      return { code: `export default ${words};`, moduleType: "js" };
    },
  };
}
