import { useNavigate, useSearch } from "@tanstack/react-router";
import { Segmented } from "antd";
import { useWords } from "../../words/useWords.ts";
import { ExportTab } from "./ExportTab.tsx";
import style from "./Imports.module.css";
import { RosterTab } from "./RosterTab.tsx";

/** Bringing in what exists already: chat exports and member lists. */
export function ImportsPage() {
  const { t } = useWords();
  const { tab } = useSearch({ from: "/inside/imports" });
  const navigate = useNavigate({ from: "/imports" });
  return (
    <div className={style.page}>
      <header className={style.head}>
        <h1>{t("imports.title")}</h1>
        <Segmented
          aria-label={t("imports.kind")}
          value={tab ?? "export"}
          onChange={(v) =>
            void navigate({
              search: (s) => ({ ...s, tab: v === "roster" ? ("roster" as const) : undefined }),
              replace: true,
            })
          }
          options={[
            { value: "export", label: t("imports.export") },
            { value: "roster", label: t("imports.roster") },
          ]}
        />
      </header>
      {tab === "roster" ? <RosterTab /> : <ExportTab />}
    </div>
  );
}
