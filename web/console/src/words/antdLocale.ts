import type { Locale } from "antd/es/locale";
import type { Lang } from "./language.ts";

/** Ant Design's own words in a language. */
export async function antdLocale(lang: Lang): Promise<Locale> {
  const words = lang === "zh-CN" ? await import("antd/locale/zh_CN") : await import("antd/locale/en_GB");
  return words.default;
}
