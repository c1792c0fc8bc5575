import type { Cohorts, CohortsAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { heatSteps } from "../../parts/heat.ts";
import triangle from "../../parts/RetentionTable.module.css";
import { cohorts, type ExploreSearch } from "../../queries/explore.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { month } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import { DeedForm, deedText } from "./DeedForm.tsx";
import style from "./Explore.module.css";
import { ScopeNote, TakeFile } from "./Tools.tsx";

/** The cohorts that an address asks for. */
export function cohortsOf(s: ExploreSearch, span: { from?: string; to?: string }): Cohorts {
  return {
    first: s.first ?? { kind: "message.posted" },
    back: s.back ?? { kind: "message.posted" },
    grain: s.grain ?? "week",
    ...(s.group ? { groups: [s.group] } : {}),
    ...(s.set ? { sets: [s.set] } : {}),
    ...span,
  };
}

interface Props {
  search: ExploreSearch;
  span: { from: string; to: string };
  onChange: (change: Partial<ExploreSearch>) => void;
}

/** Of those who did something for the first time, who came back. */
export function CohortsTab({ search, span, onChange }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const asks = cohortsOf(search, span);
  const { data, error, refetch } = useQuery(cohorts(community, asks));
  const [people, setPeople] = useState(false);
  const grain = search.grain ?? "week";
  return (
    <>
      <Panel title={t("explore.cohortsAsk")} note={t("explore.cohortsNote")}>
        <div className={style.form}>
          <div className={style.step}>
            <span>{t("explore.firstTime")}</span>
            <DeedForm pick={asks.first} label={t("explore.firstTime")} onChange={(first) => onChange({ first })} />
          </div>
          <div className={style.step}>
            <span>{t("explore.backThen")}</span>
            <DeedForm pick={asks.back} label={t("explore.backThen")} onChange={(back) => onChange({ back })} />
          </div>
          <Segmented<"week" | "month">
            className={style.fit}
            aria-label={t("explore.grain")}
            value={grain}
            onChange={(g) => onChange({ grain: g })}
            options={[
              { value: "week", label: t("explore.byWeek") },
              { value: "month", label: t("explore.byMonth") },
            ]}
          />
        </div>
      </Panel>
      <Panel
        title={t("explore.cohortsSeen")}
        note={data ? <ScopeNote period={data.period} coverage={data.coverage} /> : undefined}
        actions={
          <>
            <Segmented
              aria-label={t("explore.cells")}
              value={people ? "people" : "shares"}
              onChange={(v) => setPeople(v === "people")}
              options={[
                { value: "shares", label: t("explore.inShares") },
                { value: "people", label: t("explore.inPeople") },
              ]}
            />
            <TakeFile what={{ of: "cohorts", body: asks }} />
          </>
        }
      >
        {error ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={8} />
        ) : data.rows.every((r) => r.size === 0) ? (
          <Empty title={t("explore.nobody")}>{t("explore.nobodyTeach")}</Empty>
        ) : (
          <Triangle answer={data} first={deedText(w, asks.first)} people={people} />
        )}
      </Panel>
    </>
  );
}

/** The triangle: a table, so that it reads without colour too. */
export function Triangle({ answer, first, people }: { answer: CohortsAnswer; first: string; people: boolean }) {
  const w = useWords();
  const { t } = w;
  const name = (day: string) => (answer.grain === "month" ? month(day, w.lang) : w.day(day));
  const rows = answer.rows.filter((r) => r.size > 0);
  const columns = Array.from({ length: Math.max(0, ...rows.map((r) => r.back.length)) }, (_, i) => i);
  const known = answer.mean[0];
  return (
    <>
      {known?.share != null ? (
        <p>{t(`explore.meanFirst_${answer.grain}`, { share: w.percent(known.share), of: w.exact(known.of) })}</p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
      <section className={triangle.scroll} tabIndex={0} aria-label={t("explore.cohortsSeen")}>
        <table className={triangle.triangle}>
          <thead>
            <tr>
              <th scope="col">{t(`explore.col_${answer.grain}`)}</th>
              <th scope="col" className={triangle.size}>
                {first}
              </th>
              {columns.map((i) => (
                <th key={i} scope="col">
                  +{i + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.at}>
                <th scope="row">{name(r.at)}</th>
                <td className={triangle.size} title={r.partial ? t("number.partial") : undefined}>
                  {w.exact(r.size)}
                  {r.partial ? "*" : ""}
                </td>
                {columns.map((i) => {
                  const back = r.back[i];
                  // The last one is under way: of it nothing is missing, it is not over.
                  if (back === undefined || (back === null && i === r.back.length - 1)) return <td key={i} />;
                  if (back === null) {
                    return (
                      <td key={i} className={`${triangle.cell} hatched`} title={t("explore.cellUnknown")}>
                        <span className="unseen">{t("unknown.short")}</span>
                      </td>
                    );
                  }
                  const share = back / r.size;
                  const step =
                    share <= 0 ? 0 : Math.min(heatSteps - 1, 1 + Math.floor(share * (heatSteps - 1) * 0.999));
                  return (
                    <td
                      key={i}
                      className={triangle.cell}
                      title={t(`explore.cell_${answer.grain}`, {
                        at: name(r.at),
                        i: i + 1,
                        n: w.exact(back),
                        of: w.exact(r.size),
                      })}
                      style={{ background: `var(--q-heat-${step})`, color: `var(--q-heat-text-${step})` }}
                    >
                      {people ? w.exact(back) : `${Math.round(share * 100)}%`}
                    </td>
                  );
                })}
              </tr>
            ))}
            <tr>
              <th scope="row">{t("explore.mean")}</th>
              <td className={triangle.size} />
              {columns.map((i) => {
                const m = answer.mean[i];
                return (
                  <td key={i} title={m?.of ? t("explore.meanOf", { n: w.exact(m.of) }) : undefined}>
                    {m?.share != null ? `${Math.round(m.share * 100)}%` : ""}
                  </td>
                );
              })}
            </tr>
          </tbody>
        </table>
      </section>
      <p className={triangle.hint}>
        {t("explore.triangleHint")}
        <span className={triangle.swipe}> {t("figure.swipe")}</span>
      </p>
    </>
  );
}
