import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LanguageSwitch, ThemeSwitch } from "../../shell/TopBar.tsx";
import { Mark } from "../../ui/Brand.tsx";
import style from "./Entry.module.css";

/** The frame of the pages before one is signed in. */
export function Entry({ title, teach, children }: { title: string; teach: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={style.page}>
      <header className={style.top}>
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main className={style.main}>
        <div className={style.brand}>
          <Mark size={40} />
          <span>{t("brand")}</span>
        </div>
        <h1>{title}</h1>
        <p className={style.teach}>{teach}</p>
        {children}
      </main>
      <p className={style.promise}>{t("entry.promise")}</p>
    </div>
  );
}
