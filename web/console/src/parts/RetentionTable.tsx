import type { Retention } from "@qunying/api/model";
import { useState } from "react";
import { small } from "../words/format.ts";
import { addDays } from "../words/time.ts";
import { useWords } from "../words/useWords.ts";
import { heatSteps } from "./heat.ts";
import style from "./RetentionTable.module.css";

const tiny = 30; // people; a rounded percentage of fewer still says too much
const newest = 14; // cohorts seen at once
const shown = 12; // weeks to the right; more would not be read

/**
 * The cohort triangle as a table: in people where most cohorts are of fewer than a
 * hundred, otherwise in whole percentages. Hover tells both. Weeks that are not
 * over on the day `last` stay empty.
 */
export function RetentionTable({ retention, last }: { retention: Retention; last: string }) {
  const w = useWords();
  const [whole, setWhole] = useState(false);
  const { t } = w;
  const cohorts = retention.cohorts.filter((c) => c.size > 0);
  const listed = whole ? cohorts : cohorts.slice(-newest);
  const weeks = Math.min(shown, Math.max(0, ...cohorts.map((c) => c.back.length)));
  const people = cohorts.filter((c) => c.size < small).length > cohorts.length / 2;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
      <section className={style.scroll} tabIndex={0} aria-label={t("retention.title")}>
        <table className={style.triangle}>
          <thead>
            <tr>
              <th scope="col">{t("retention.week")}</th>
              <th scope="col" className={style.size}>
                {t(retention.of === "speaking" ? "retention.firstSpoke" : "retention.joined")}
              </th>
              {Array.from({ length: weeks }, (_, i) => (
                <th key={`+${i + 1}`} scope="col">
                  +{i + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {listed.map((c) => (
              <tr key={c.week}>
                <th scope="row">{w.day(c.week)}</th>
                <td className={style.size}>{w.exact(c.size)}</td>
                {Array.from({ length: weeks }, (_, i) => {
                  const key = `+${i + 1}`;
                  const back = c.back[i];
                  const end = addDays(c.week, (i + 1) * 7 + 6);
                  if (back === undefined || end > last || (back === null && end === last)) return <td key={key} />;
                  if (back === null) {
                    return (
                      <td key={key} className={`${style.cell} hatched`} title={t("retention.cellGap")}>
                        <span className="unseen">{t("unknown.short")}</span>
                      </td>
                    );
                  }
                  const share = c.size > 0 ? back / c.size : 0;
                  const step =
                    share <= 0 ? 0 : Math.min(heatSteps - 1, 1 + Math.floor(share * (heatSteps - 1) * 0.999));
                  return (
                    <td
                      key={key}
                      className={style.cell}
                      title={t("retention.cell", {
                        week: w.day(c.week),
                        i: i + 1,
                        n: w.exact(back),
                        of: w.exact(c.size),
                      })}
                      style={{ background: `var(--q-heat-${step})`, color: `var(--q-heat-text-${step})` }}
                    >
                      {people
                        ? w.exact(back)
                        : c.size < tiny
                          ? `${w.exact(back)}/${c.size}`
                          : `${Math.round(share * 100)}%`}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {listed.length < cohorts.length ? (
        <button type="button" className={`plain ${style.earlier}`} onClick={() => setWhole(true)}>
          {t("retention.earlier", { count: cohorts.length - listed.length })}
        </button>
      ) : null}
      <p className={style.hint}>
        {people ? t("retention.inPeople") : t("retention.inShares")}
        <span className={style.swipe}> {t("figure.swipe")}</span>
      </p>
    </>
  );
}
