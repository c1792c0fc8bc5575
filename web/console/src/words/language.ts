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

type Load = () => Promise<{ default: object }>;

const texts: Record<Lang, { first: Load; later: Load }> = {
  "zh-CN": {
    first: () => import("../../../texts/zh-CN.json?first"),
    later: () => import("../../../texts/zh-CN.json?later"),
  },
  en: { first: () => import("../../../texts/en.json?first"), later: () => import("../../../texts/en.json?later") },
};

const whole = new Map<Lang, Promise<void>>();

/** Loads what the first look at the console did without; pages that show it wait for it. */
export function allTexts(lang = i18next.language as Lang): Promise<void> {
  let coming = whole.get(lang);
  if (!coming) {
    coming = texts[lang].later().then(({ default: words }) => {
      i18next.addResourceBundle(lang, "translation", words, true, true);
    });
    whole.set(lang, coming);
    coming.catch(() => whole.delete(lang)); // whoever waits is told; the next one tries again
  }
  return coming;
}

/** Chinese writes no space between a large number's unit and its measure word: 1.2 万条. */
const closeUp: PostProcessorModule = {
  type: "postProcessor",
  name: "closeUp",
  process: (text: string) => text.replace(/(?<=\p{N}\s*[\u4e07\u4ebf])\s+(?=\p{Script=Han})/gu, ""),
};

/** Loads the texts of a language and uses them from now on. */
export async function speak(lang: Lang): Promise<void> {
  const { default: words } = await texts[lang].first();
  if (!i18next.isInitialized) {
    await i18next
      .use(initReactI18next)
      .use(closeUp)
      .init({
        lng: lang,
        fallbackLng: false,
        interpolation: { escapeValue: false },
        postProcess: "closeUp",
        // A part that is opened on a page of the first look may show a text that came with none.
        saveMissing: true,
        missingKeyHandler: () => void allTexts().catch(() => undefined),
        react: { bindI18nStore: "added" },
      });
  }
  i18next.addResourceBundle(lang, "translation", words, true, true);
  if (whole.size > 0) await allTexts(lang);
  await i18next.changeLanguage(lang);
  document.documentElement.lang = lang;
}

export async function chooseLanguage(lang: Lang): Promise<void> {
  localStorage.setItem(stored, lang);
  await speak(lang);
}
