import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as format from "./format.ts";
import type { Lang } from "./language.ts";
import * as time from "./time.ts";

/** The texts in the language in force, and numbers and times written in it. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const lang = i18n.language as Lang;
  return useMemo(
    () => ({
      t,
      lang,
      count: (n: number) => format.count(n, lang),
      exact: format.exact,
      percent: format.percent,
      share: (value: number, of: number | null | undefined) => {
        const { text, people } = format.share(value, of);
        return people ? t("unit.people", { n: text }) : text;
      },
      people: (n: number) => t("unit.people", { n: format.count(n, lang) }),
      day: (value: string) => time.day(value, lang, new Date().getFullYear()),
      days: (from: string, to: string) => {
        const year = new Date().getFullYear();
        const a = time.day(from, lang, year);
        return from === to ? a : `${a} – ${time.day(to, lang, year)}`;
      },
      when: (at: number, zone: string) => {
        const w = time.when(at, Date.now(), zone, lang);
        switch (w.how) {
          case "now":
            return t("when.now");
          case "minutes":
            return t("when.minutes", { count: w.n });
          case "today":
            return w.clock;
          case "yesterday":
            return t("when.yesterday", { clock: w.clock });
          case "date":
            return `${w.day} ${w.clock}`;
        }
      },
      lasting: (seconds: number) => {
        const d = time.duration(seconds);
        if (d.hours > 0) return t("lasting.hours", { h: d.hours, m: d.minutes });
        if (d.minutes > 0) return t("lasting.minutes", { m: d.minutes, s: d.seconds });
        return t("lasting.seconds", { s: d.seconds });
      },
    }),
    [t, lang],
  );
}

export type Words = ReturnType<typeof useWords>;
