import type { ReportBody } from "@qunying/api/model";
import { useWords } from "../../words/useWords.ts";
import style from "./Reports.module.css";

/** The course of a report as bars, which print well; a step about which nothing is known is hatched. */
export function TrendBars({ trend }: { trend: ReportBody["trend"] }) {
  const w = useWords();
  const { t } = w;
  const values = trend.messages;
  const top = Math.max(1, ...values.map((v) => v ?? 0));
  const known = values.filter((v): v is number => v != null);
  const peak = trend.t[values.indexOf(Math.max(...known))];
  const first = trend.t[0];
  const last = trend.t.at(-1);
  if (!first || !last) return null;
  const label =
    known.length === 0 || !peak
      ? t("reports.trendUnknown")
      : [
          t("reports.trendLabel", { n: w.count(Math.max(...known)), day: w.day(peak) }),
          known.length < values.length ? t("reports.trendMissing", { n: values.length - known.length }) : "",
        ]
          .join(" ")
          .trim();
  return (
    <figure className={style.figure}>
      <div className={style.bars} role="img" aria-label={label}>
        {trend.t.map((d, i) => {
          const v = values[i];
          const said = v == null ? t("unknown.short") : w.exact(v);
          return (
            <span
              key={d}
              title={`${w.day(d)} ${said}`}
              className={v == null ? style.gap : style.bar}
              style={{ height: v == null ? "100%" : `${Math.max(1, (v / top) * 100)}%` }}
            />
          );
        })}
      </div>
      <div className={style.axis}>
        <span>{w.day(first)}</span>
        <span>{t(trend.grain === "week" ? "reports.perWeek" : "reports.perDay", { n: w.count(top) })}</span>
        <span>{w.day(last)}</span>
      </div>
      <figcaption className={style.faint}>{label}</figcaption>
      <details>
        <summary>{t("figure.table")}</summary>
        <table className={style.table}>
          <thead>
            <tr>
              <th scope="col">{t(trend.grain === "week" ? "reports.week" : "reports.day")}</th>
              <th scope="col" className={style.right}>
                {t("reports.messages")}
              </th>
              <th scope="col" className={style.right}>
                {t("reports.speakers")}
              </th>
            </tr>
          </thead>
          <tbody>
            {trend.t.map((d, i) => (
              <tr key={d}>
                <th scope="row">{w.day(d)}</th>
                <td className={style.right}>{values[i] == null ? t("unknown.short") : w.exact(values[i])}</td>
                <td className={style.right}>
                  {trend.speakers[i] == null ? t("unknown.short") : w.exact(trend.speakers[i])}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
