import en from "../../texts/member/en.json";
import zh from "../../texts/member/zh-CN.json";

export type Texts = typeof zh;
export type Language = "zh-CN" | "en";

export const texts: Record<Language, Texts> = { "zh-CN": zh, en };

/** Puts values in the places of a text: {name}. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

/** The language of a browser, as far as the page speaks it. */
export const languageOf = (wanted: readonly string[]): Language =>
  wanted
    .find((l) => /^(zh|en)\b/i.test(l))
    ?.toLowerCase()
    .startsWith("en")
    ? "en"
    : "zh-CN";

/** A moment in the group's zone, to the minute. */
export function moment(ms: number, language: Language, zone: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: zone,
    month: language === "en" ? "short" : "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}
