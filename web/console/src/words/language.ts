import i18next, { type PostProcessorModule } from "i18next";
import { initReactI18next } from "react-i18next";

export const languages = ["zh-CN", "en"] as const;
export type Lang = (typeof languages)[number];

const stored = "qunying.language";

/** The language somebody chose, or the browser's: English where it prefers English, Chinese otherwise. */
export function preferredLanguage(): Lang {
  const chosen = localStorage.getItem(stored);
  if (chosen === "zh-CN" || chosen === "en") return chosen;
  return /^en\b/i.test(navigator.language) ? "en" : "zh-CN";
}

const texts: Record<Lang, () => Promise<{ default: object }>> = {
  "zh-CN": () => import("../../../texts/zh-CN.json"),
  en: () => import("../../../texts/en.json"),
};

/** Chinese writes no space between a large number's unit and its measure word: 1.2 万条. */
const closeUp: PostProcessorModule = {
  type: "postProcessor",
  name: "closeUp",
  process: (text: string) => text.replace(/(?<=\p{N}\s*[\u4e07\u4ebf])\s+(?=\p{Script=Han})/gu, ""),
};

/** Loads the texts of a language and uses them from now on. */
export async function speak(lang: Lang): Promise<void> {
  const { default: words } = await texts[lang]();
  if (!i18next.isInitialized) {
    await i18next
      .use(initReactI18next)
      .use(closeUp)
      .init({ lng: lang, fallbackLng: false, interpolation: { escapeValue: false }, postProcess: "closeUp" });
  }
  i18next.addResourceBundle(lang, "translation", words, true, true);
  await i18next.changeLanguage(lang);
  document.documentElement.lang = lang;
}

export async function chooseLanguage(lang: Lang): Promise<void> {
  localStorage.setItem(stored, lang);
  await speak(lang);
}
