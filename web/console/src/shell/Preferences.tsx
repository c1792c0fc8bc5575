import type { Locale } from "antd/es/locale";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import { applyPalette, type Mode, palettes } from "../theme/theme.ts";
import { antdLocale } from "../words/antdLocale.ts";
import { chooseLanguage, type Lang } from "../words/language.ts";

/** What somebody chose; auto follows the device. */
export type ModeChoice = Mode | "auto";

const stored = "qunying.theme";
const night = "(prefers-color-scheme: dark)";

export function chosenMode(): ModeChoice {
  const choice = localStorage.getItem(stored);
  return choice === "light" || choice === "dark" ? choice : "auto";
}

export function modeOf(choice: ModeChoice): Mode {
  if (choice !== "auto") return choice;
  return matchMedia(night).matches ? "dark" : "light";
}

interface Preferences {
  mode: Mode;
  choice: ModeChoice;
  chooseMode: (choice: ModeChoice) => void;
  lang: Lang;
  locale: Locale;
  chooseLang: (lang: Lang) => Promise<void>;
}

const Context = createContext<Preferences | null>(null);

/** Language and theme, kept in this browser. */
export function PreferencesProvider(props: { lang: Lang; locale: Locale; children: ReactNode }) {
  const [choice, setChoice] = useState(chosenMode);
  const [mode, setMode] = useState(() => modeOf(choice));
  const [speech, setSpeech] = useState({ lang: props.lang, locale: props.locale });

  useEffect(() => {
    const device = matchMedia(night);
    const follow = () => setMode(modeOf(choice));
    follow();
    device.addEventListener("change", follow);
    return () => device.removeEventListener("change", follow);
  }, [choice]);

  useEffect(() => applyPalette(mode, document.documentElement), [mode]);

  const chooseMode = useCallback((next: ModeChoice) => {
    localStorage.setItem(stored, next);
    setChoice(next);
  }, []);

  const chooseLang = useCallback(async (lang: Lang) => {
    const [locale] = await Promise.all([antdLocale(lang), chooseLanguage(lang)]);
    setSpeech({ lang, locale });
  }, []);

  const value = useMemo(
    () => ({ mode, choice, chooseMode, chooseLang, ...speech }),
    [mode, choice, chooseMode, chooseLang, speech],
  );
  return <Context value={value}>{props.children}</Context>;
}

export function usePreferences(): Preferences {
  const value = use(Context);
  if (!value) throw new Error("PreferencesProvider is missing");
  return value;
}

export function usePalette() {
  return palettes[usePreferences().mode];
}
