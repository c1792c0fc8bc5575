import type { Metric, Today } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { useWords } from "../../words/useWords.ts";
import style from "./TodayPage.module.css";

// A band is told by a shape and a word besides its colour.
const shapes = { alert: "▼", watch: "▽", good: "○", excellent: "▲" } as const;

/** Groups with a band worse than good: which metric it is and what moves it. */
export function UrgentGroups({ answer, metrics }: { answer: Today; metrics: Metric[] }) {
  const { t, lang } = useWords();
  if (answer.groups.length === 0)
    return <p className={style.soft}>{t(answer.uncounted > 0 ? "today.counting" : "today.noneUrgent")}</p>;
  return (
    <>
      <ul className={style.urgent}>
        {answer.groups.map((g) => {
          const metric = metrics.find((m) => m.id === g.worst);
          const band = g.band ?? "watch";
          return (
            <li key={g.group}>
              <Link to="/groups/$group" params={{ group: g.group }} search={{}}>
                {g.name}
              </Link>
              <span className={band === "alert" ? style.grave : style.watch}>
                <span aria-hidden="true">{shapes[band]} </span>
                {t(`band.${band}`)} · {metric ? (lang === "zh-CN" ? metric.zh : metric.en) : g.worst}
              </span>
              {g.lever ? <span className={style.faint}>{t(`lever.${g.lever}` as "lever.topics")}</span> : null}
            </li>
          );
        })}
      </ul>
      {answer.urgent > answer.groups.length ? (
        <p className={style.faint}>{t("today.urgentMore", { count: answer.urgent - answer.groups.length })}</p>
      ) : null}
    </>
  );
}
