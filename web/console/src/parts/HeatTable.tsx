import type { Rhythm } from "@qunying/api/model";
import { useWords } from "../words/useWords.ts";
import style from "./HeatTable.module.css";
import { heatStep, heatSteps } from "./heat.ts";

/** Weekday × hour: the darker, the more messages an hour. A table, so it reads without colour too. */
export function HeatTable({ rhythm }: { rhythm: Rhythm }) {
  const w = useWords();
  const { t } = w;
  const most = Math.max(0, ...rhythm.mean.flat().map((v) => v ?? 0));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
      <section className={style.scroll} tabIndex={0} aria-label={t("rhythm.title")}>
        <table className={style.heat}>
          <thead>
            <tr>
              <th scope="col">
                <span className="unseen">{t("rhythm.weekday")}</span>
              </th>
              {Array.from({ length: 24 }, (_, hour) => (
                <th key={hour} scope="col">
                  <span className={hour % 3 === 0 ? undefined : style.skip}>{hour}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rhythm.mean.map((row, weekday) => {
              const name = t(`weekday.${weekday}` as "weekday.0");
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {row.map((mean, hour) => {
                    const words =
                      mean === null
                        ? t("rhythm.cellGap", { weekday: name, hour })
                        : t("rhythm.cell", {
                            weekday: name,
                            hour,
                            next: hour + 1,
                            mean: w.count(mean),
                            total: w.exact(rhythm.total[weekday]?.[hour] ?? 0),
                            days: rhythm.days[weekday] ?? 0,
                          });
                    return (
                      <td
                        key={hour}
                        title={words}
                        className={mean === null ? "hatched" : undefined}
                        style={mean === null ? undefined : { background: `var(--q-heat-${heatStep(mean, most)})` }}
                      >
                        <span className="unseen">{mean === null ? t("unknown.short") : w.count(mean)}</span>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <p className={style.legend} aria-hidden="true">
        <span>{t("rhythm.less")}</span>
        {Array.from({ length: heatSteps }, (_, i) => (
          <i key={i} style={{ background: `var(--q-heat-${i})` }} />
        ))}
        <span>{t("rhythm.more", { n: w.count(most) })}</span>
        <i className="hatched" />
        <span>{t("gap.short")}</span>
      </p>
    </>
  );
}
