import type { RefusedRows } from "@qunying/api/model";
import { useWords } from "../../words/useWords.ts";
import style from "./Imports.module.css";
import { reasonKey } from "./reasons.ts";

interface Props {
  list: readonly RefusedRows[];
  files: boolean; // there are several: say which
  shown?: string; // a row that stands on the page already
}

/** Why rows of a file are refused, each reason with the first of its rows. */
export function Refused({ list, files, shown }: Props) {
  const w = useWords();
  const { t } = w;
  return (
    <ul className={style.refused}>
      {list.map((r) => {
        const key = reasonKey(r.reason);
        const where = [files || r.line === 0 ? r.file : "", r.line > 0 ? t("preview.line", { n: r.line }) : ""];
        return (
          <li key={r.reason}>
            {t("preview.refused", { count: r.rows, n: w.exact(r.rows), where: where.filter(Boolean).join(" ") })}{" "}
            {key ? t(`preview.why.${key}`) : <span lang="en">{[r.reason, r.hint].filter(Boolean).join(" · ")}</span>}
            {r.row && r.row !== shown ? <p className={style.row}>{r.row}</p> : null}
          </li>
        );
      })}
    </ul>
  );
}
