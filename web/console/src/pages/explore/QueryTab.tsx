import type { Metric, Query, QueryAnswer, QueryCell, QueryMetric, QueryRow } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Popover, Segmented, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { valueText, whyText } from "../../parts/NumberTile.tsx";
import { wayText } from "../../parts/ways.ts";
import { asked, comparisons, type ExploreSearch, times, whos } from "../../queries/explore.ts";
import { metrics as metricsQuery } from "../../queries.ts";
import { usePalette } from "../../shell/Preferences.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { month } from "../../words/time.ts";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./Explore.module.css";
import { queryOption } from "./queryOption.ts";
import { ScopeNote, TakeFile } from "./Tools.tsx";

const Chart = lazy(() => import("../../ui/Chart.tsx"));

/** What can be told apart so; everything else is of whole days and of groups. */
const limited: Partial<Record<string, string[]>> = {
  weekday: ["messages", "messages_mean", "dau_mean"],
  hour: ["messages", "messages_mean"],
  person: ["messages"],
  way: ["joins", "leaves"],
  code: ["joins"],
  inviter: ["joins"],
};

type Who = ExploreSearch["who"];

/** How people came is known of whole days. */
const isHow = (who: Who) => who === "way" || who === "code" || who === "inviter";

/** The time that goes with a choice of who. */
function timeOf(who: Who, time: ExploreSearch["time"]): ExploreSearch["time"] {
  return who === "person" || (isHow(who) && (time === "weekday" || time === "hour")) ? undefined : time;
}

const usualMetrics = ["messages", "speakers"];

/** The query that an address asks for; metrics that cannot be told apart so are left out. */
export function queryOf(s: ExploreSearch, span: { from?: string; to?: string }): Query {
  const who = s.who;
  const time = timeOf(who, s.time);
  const allowed = (m: string) => [time, who].every((d) => !d || !limited[d] || limited[d].includes(m));
  const chosen = (s.metrics ?? usualMetrics).filter(allowed);
  const compare = (who === "person" || isHow(who)) && s.compare === "peers" ? undefined : s.compare;
  return {
    metrics: chosen.length > 0 ? chosen : [isHow(who) ? "joins" : "messages"],
    ...(time || who ? { by: [time, who].filter((d) => d !== undefined) } : {}),
    ...(compare ? { compare } : {}),
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

/** Metrics by dimensions, filtered and compared. */
export function QueryTab({ search, span, onChange }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const asks = queryOf(search, span);
  const { data, error, refetch } = useQuery(asked(community, asks));
  const { data: catalogue } = useQuery(metricsQuery);
  const allowed = (m: Metric) =>
    [timeOf(search.who, search.time), search.who].every((d) => !d || !limited[d] || limited[d].includes(m.id)) &&
    m.id !== "retention";
  return (
    <>
      <Panel title={t("explore.queryAsk")} note={t("explore.queryNote")}>
        <div className={style.form}>
          <Select
            mode="multiple"
            className={style.wide}
            aria-label={t("explore.metrics")}
            maxCount={6}
            optionFilterProp="label"
            value={asks.metrics}
            onChange={(list: string[]) => onChange({ metrics: list.length > 0 ? list : undefined })}
            options={(catalogue ?? [])
              .filter(allowed)
              .map((m) => ({ value: m.id, label: w.lang === "zh-CN" ? m.zh : m.en }))}
          />
          <div className={style.row}>
            <Select
              className={style.pick}
              aria-label={t("explore.time")}
              value={timeOf(search.who, search.time) ?? ""}
              disabled={search.who === "person"}
              onChange={(v) => onChange({ time: times.find((x) => x === v) })}
              options={[
                { value: "", label: t("explore.noTime") },
                ...times
                  .filter((x) => search.who === "person" || timeOf(search.who, x))
                  .map((x) => ({ value: x, label: t(`explore.times.${x}`) })),
              ]}
            />
            <Select
              className={style.pick}
              aria-label={t("explore.who")}
              value={search.who ?? ""}
              onChange={(v) => onChange({ who: whos.find((x) => x === v) })}
              options={[
                { value: "", label: t("explore.noWho") },
                ...whos.map((x) => ({ value: x, label: t(`explore.whos.${x}`) })),
              ]}
            />
            <Select
              className={style.pick}
              aria-label={t("explore.compare")}
              value={asks.compare ?? ""}
              onChange={(v) => onChange({ compare: comparisons.find((x) => x === v) })}
              options={[
                { value: "", label: t("explore.noCompare") },
                ...comparisons
                  .filter((x) => x !== "peers" || !(search.who === "person" || isHow(search.who)))
                  .map((x) => ({ value: x, label: t(`explore.compares.${x}`) })),
              ]}
            />
          </div>
        </div>
      </Panel>
      <Panel
        title={t("explore.querySeen")}
        note={data ? <ScopeNote period={data.period} coverage={data.coverage} /> : undefined}
        actions={<TakeFile what={{ of: "query", body: asks }} />}
      >
        {error ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={8} />
        ) : data.rows.length === 0 && !data.by.some((d) => isHow(d as Who)) ? (
          <Empty title={t("state.noMessages")}>{t("state.otherPeriod")}</Empty>
        ) : (
          <>
            <Drawn answer={data} />
            <Numbers answer={data} catalogue={catalogue ?? []} />
            <LinesLeft answer={data} />
            {data.total.some((c) => c.partial) ? <p className={style.faint}>* {t("number.partial")}</p> : null}
          </>
        )}
      </Panel>
    </>
  );
}

const nameOf = (w: Words, m: QueryMetric) => (w.lang === "zh-CN" ? m.zh : m.en);

/** What one dimension of a line says. */
function keyText(w: Words, row: QueryRow, by: string): string {
  const { t } = w;
  switch (by) {
    case "day":
      return row.day ? w.day(row.day) : "";
    case "week":
      return w.days(row.from, row.to);
    case "month":
      return row.day ? month(row.day, w.lang) : "";
    case "weekday":
      return t(`weekday.${row.weekday ?? 0}` as "weekday.0");
    case "hour":
      return t("explore.hour", { n: row.hour ?? 0 });
    case "type":
      return row.type ? t(`explore.types.${row.type as "interest"}`) : t("explore.types.none");
    case "way":
      return row.label ? wayText(w, row.label) : t("explore.unsaid");
    case "code":
      return row.label || t("explore.unsaid");
    case "inviter":
      return row.inviter ? row.name || `#${row.inviter}` : t("explore.unsaid");
    default:
      return row.name || `#${row.person ?? row.group ?? ""}`;
  }
}

/** How many lines are not in the table, where it has only the largest. */
export function LinesLeft({ answer }: { answer: QueryAnswer }) {
  const w = useWords();
  const shown = new Set(answer.rows.map((r) => `${r.inviter ?? ""} ${r.label ?? ""}`)).size;
  const of = answer.lines_of ?? 0;
  return of > shown ? (
    <p className={style.faint}>{w.t("explore.largestOf", { n: w.exact(shown), of: w.exact(of) })}</p>
  ) : null;
}

/** One metric as a chart: a line over time, otherwise bars. */
function Drawn({ answer }: { answer: QueryAnswer }) {
  const w = useWords();
  const { t } = w;
  const palette = usePalette();
  const [chosen, setChosen] = useState(0);
  const index = chosen < answer.metrics.length ? chosen : 0;
  const metric = answer.metrics[index];
  const option = useMemo(
    () =>
      metric &&
      queryOption(answer, index, palette, {
        key: (row, by) => keyText(w, row, by),
        number: (n) => (metric.unit === "share" ? w.percent(n) : w.count(n)),
        unknown: t("unknown.short"),
      }),
    [answer, index, metric, palette, w, t],
  );
  if (!metric || !option || answer.by.length === 0 || answer.rows.length === 0) return null;
  return (
    <>
      {answer.metrics.length > 1 ? (
        <Segmented
          aria-label={t("explore.drawn")}
          value={index}
          onChange={setChosen}
          options={answer.metrics.map((m, i) => ({ value: i, label: nameOf(w, m) }))}
        />
      ) : null}
      <Suspense fallback={<Loading rows={6} />}>
        <Chart option={option} label={t("explore.chartLabel", { metric: nameOf(w, metric) })} />
      </Suspense>
    </>
  );
}

/** The numbers of an answer as a table. */
export function Numbers({ answer, catalogue }: { answer: QueryAnswer; catalogue: Metric[] }) {
  const w = useWords();
  const { t } = w;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
    <section className={style.scroll} tabIndex={0} aria-label={t("explore.numbers")}>
      <table className={style.table}>
        <thead>
          <tr>
            {answer.by.map((d) => (
              <th key={d} scope="col">
                {t(`explore.dims.${d as "day"}`)}
              </th>
            ))}
            {answer.by.length === 0 ? <th scope="col">{t("explore.period")}</th> : null}
            {answer.metrics.map((m) => (
              <th key={m.id} scope="col" className={style.figure}>
                <Explained metric={m} answer={answer} source={catalogue.find((x) => x.id === m.id)?.source ?? []} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.by.length > 0
            ? answer.rows.map((row) => (
                <tr
                  key={`${row.from} ${row.weekday ?? ""} ${row.hour ?? ""} ${row.group ?? ""} ${row.set ?? ""} ${row.type ?? ""} ${row.person ?? ""} ${row.inviter ?? ""} ${row.label ?? ""}`}
                >
                  {answer.by.map((d, i) =>
                    i === 0 ? (
                      <th key={d} scope="row">
                        {keyText(w, row, d)}
                      </th>
                    ) : (
                      <td key={d}>{keyText(w, row, d)}</td>
                    ),
                  )}
                  {answer.metrics.map((m, i) => (
                    <Cell key={m.id} cell={row.cells[i]} metric={m} catalogue={catalogue} />
                  ))}
                </tr>
              ))
            : null}
          <tr className={style.total}>
            <th scope="row" colSpan={Math.max(1, answer.by.length)}>
              {answer.by.length > 0 ? t("explore.total") : w.days(answer.period.from, answer.period.to)}
            </th>
            {answer.metrics.map((m, i) => (
              <Cell key={m.id} cell={answer.total[i]} metric={m} catalogue={catalogue} />
            ))}
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Cell({ cell, metric, catalogue }: { cell: QueryCell | undefined; metric: QueryMetric; catalogue: Metric[] }) {
  const w = useWords();
  const { t } = w;
  if (!cell || cell.value === null) {
    const why = cell?.why === "not_added" ? t("explore.notAdded") : whyText(w, cell?.why);
    return (
      <td className={`${style.figure} ${style.unknown}`} title={why}>
        {cell?.why === "not_added" ? "–" : t("unknown.short")}
      </td>
    );
  }
  const text = (value: number | undefined) =>
    valueText(
      w,
      { metric: metric.id, value: value ?? null, before: null, partial: false, of: cell.of },
      catalogue.find((m) => m.id === metric.id),
    );
  return (
    <td className={style.figure} title={cell.partial ? t("number.partial") : undefined}>
      {text(cell.value)}
      {cell.partial ? "*" : ""}
      {cell.before !== undefined ? (
        <div>
          <small>{t("number.before", { n: text(cell.before) })}</small>
        </div>
      ) : null}
      {cell.peers !== undefined ? (
        <div>
          <small>{t("explore.peers", { n: text(cell.peers) })}</small>
        </div>
      ) : null}
    </td>
  );
}

/** A metric's name, which tells its formula, source and coverage. */
function Explained({ metric, answer, source }: { metric: QueryMetric; answer: QueryAnswer; source: string[] }) {
  const w = useWords();
  const { t } = w;
  return (
    <Popover
      trigger={["hover", "focus", "click"]}
      content={
        <dl className={style.explained}>
          <dt>{t("number.formula")}</dt>
          <dd>{w.lang === "zh-CN" ? metric.formula.zh : metric.formula.en}</dd>
          <dt>{t("number.coverage")}</dt>
          <dd>
            <ScopeNote period={answer.period} coverage={answer.coverage} />
          </dd>
          <dt>{t("explore.pooled")}</dt>
          <dd>{t(`explore.pools.${metric.pooled}`)}</dd>
          {source.length > 0 ? (
            <>
              <dt>{t("number.source")}</dt>
              <dd>{source.join(" · ")}</dd>
            </>
          ) : null}
        </dl>
      }
    >
      <button type="button" className="plain">
        {nameOf(w, metric)}
      </button>
    </Popover>
  );
}
