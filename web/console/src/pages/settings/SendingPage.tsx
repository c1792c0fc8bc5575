import { Parts } from "../../shell/Parts.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsPage.module.css";

export function SendingPage() {
  const { t } = useWords();
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
    </div>
  );
}
