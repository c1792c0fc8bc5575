import type { Import } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Imports.module.css";
import { StateMark } from "./StateMark.tsx";

/** Imports before, newest first. */
export function History({ list }: { list: Import[] }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  return (
    <ul className={style.history}>
      {list.map((i) => (
        <li key={i.id}>
          <Link to="/imports/$import" params={{ import: i.id }} className={style.past}>
            <span className={style.file}>{i.file}</span>
            <StateMark state={i.state} />
            <span className={style.faint}>
              {i.state === "running" ? (
                <Meter share={i.progress.share} label={t("tray.importing", { name: i.file })} />
              ) : i.state === "done" && i.result ? (
                t("imports.imported", { n: w.count(i.result.imported) })
              ) : i.preview && i.preview.rows > 0 ? (
                t("import.rows", { n: w.count(i.preview.rows) })
              ) : (
                i.error
              )}
            </span>
            <span className={style.when}>{[i.by, w.when(i.at, zone)].filter(Boolean).join(" · ")}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
