import { CaretDownFilled, CaretUpFilled } from "@ant-design/icons";
import type { BandCount, HealthCell, HealthLine, Metric } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Input, Select } from "antd";
import { useState } from "react";
import { BandMark } from "../../parts/BandMark.tsx";
import { valueText, whyText } from "../../parts/NumberTile.tsx";
import { bandFilters, type HealthFilter, healths } from "../../queries/health.ts";
import { metrics } from "../../queries.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { metricName } from "../group/HealthPanel.tsx";
import style from "./InsightPage.module.css";

const perPage = 50;

/** All groups by their bands: sorted by any of them, the worst or the best first. */
export function InsightPage() {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const search = useSearch({ from: "/inside/insight" });
  const navigate = useNavigate({ from: "/insight" });
  // The cursors of the pages before this one: a cursor leads only onwards.
  const [trail, setTrail] = useState<string[]>([]);
  const filter: HealthFilter = { ...search, cursor: trail.at(-1), limit: perPage };
  const { data, error, refetch } = useQuery(healths(community, filter));
  const { data: catalogue } = useQuery(metrics);
  const change = (to: Partial<typeof search>) => {
    setTrail([]);
    void navigate({ search: { ...search, ...to }, replace: true });
  };
  const from = trail.length * perPage + 1;
  const filtered = search.q !== undefined || search.band !== undefined;
  return (
    <div className={style.page}>
      <header>
        <h1>{t("insight.title")}</h1>
      </header>
      <Parts of="insight" />
      <Panel
        title={t("insight.groups")}
        note={data ? t("insight.note", { count: data.total, n: w.exact(data.total) }) : undefined}
        flush
        actions={
          <>
            <Input.Search
              className={style.find}
              allowClear
              defaultValue={search.q}
              placeholder={t("insight.find")}
              aria-label={t("insight.find")}
              onSearch={(q) => change({ q: q.trim() || undefined })}
            />
            <Select
              className={style.filter}
              aria-label={t("insight.band")}
              value={search.band ?? ""}
              onChange={(v) => change({ band: bandFilters.find((b) => b === v) })}
              options={[
                { value: "", label: t("insight.allBands") },
                ...bandFilters.map((b) => ({ value: b, label: t(`band.${b}`) })),
              ]}
            />
          </>
        }
      >
        {data && data.waiting > 0 ? (
          <p className={style.waiting}>{t("insight.waiting", { count: data.waiting, n: w.exact(data.waiting) })}</p>
        ) : null}
        {error && !data ? (
          <div className={style.pad}>
            <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
          </div>
        ) : !data ? (
          <div className={style.pad}>
            <Loading rows={10} />
          </div>
        ) : data.groups.length === 0 ? (
          <Empty title={t(filtered ? "insight.noneSo" : "insight.none")}>
            {t(filtered ? "insight.noneSoTeach" : "insight.noneTeach")}
          </Empty>
        ) : (
          <>
            <HealthTable
              lines={data.groups}
              spread={data.bands}
              metrics={catalogue ?? []}
              sorted={search.metric}
              order={search.order ?? "worst"}
              onSort={(metric) =>
                change({
                  metric,
                  order: metric === search.metric && (search.order ?? "worst") === "worst" ? "best" : undefined,
                })
              }
            />
            {data.next || trail.length > 0 ? (
              <div className={style.pad}>
                <Pager
                  words={t("capabilities.page", { from, to: from + data.groups.length - 1, of: data.total })}
                  onBack={trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
                  onNext={data.next ? () => setTrail([...trail, data.next ?? ""]) : undefined}
                />
              </div>
            ) : null}
          </>
        )}
      </Panel>
    </div>
  );
}

interface TableProps {
  lines: HealthLine[];
  spread: BandCount[];
  metrics: Metric[];
  sorted: string | undefined;
  order: "worst" | "best";
  onSort: (metric: string | undefined) => void;
}

function HealthTable({ lines, spread, metrics: catalogue, sorted, order, onSort }: TableProps) {
  const w = useWords();
  const { t } = w;
  const caret = order === "worst" ? <CaretDownFilled aria-hidden="true" /> : <CaretUpFilled aria-hidden="true" />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
    <section className={style.scroll} tabIndex={0} aria-label={t("insight.groups")}>
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col">{t("insight.group")}</th>
            <th scope="col" aria-sort={sorted === undefined ? "descending" : "none"}>
              <button type="button" className="plain" onClick={() => onSort(undefined)}>
                {t("insight.worst")} {sorted === undefined ? caret : null}
              </button>
            </th>
            {spread.map((s) => (
              <th
                key={s.metric}
                scope="col"
                className={style.number}
                aria-sort={sorted === s.metric ? "descending" : "none"}
              >
                <button type="button" className="plain" onClick={() => onSort(s.metric)}>
                  {metricName(w, s.metric, catalogue)} {sorted === s.metric ? caret : null}
                </button>
              </th>
            ))}
          </tr>
          <tr className={style.middle}>
            <th scope="row" colSpan={2}>
              {t("insight.middle")}
            </th>
            {spread.map((s) => (
              <td key={s.metric} className={style.number}>
                {valueText(
                  w,
                  { metric: s.metric, value: s.middle, before: null, partial: false },
                  catalogue.find((m) => m.id === s.metric),
                )}
              </td>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((l) => (
            <tr key={l.group}>
              <th scope="row">
                <Link to="/groups/$group" params={{ group: l.group }} search={{}} title={l.name}>
                  {l.name}
                </Link>
              </th>
              <td>
                <BandMark band={l.band} />
                {l.worst ? <small> {metricName(w, l.worst, catalogue)}</small> : null}
              </td>
              {l.cells.map((c) => (
                <Cell key={c.metric} cell={c} metric={catalogue.find((m) => m.id === c.metric)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ cell, metric }: { cell: HealthCell; metric: Metric | undefined }) {
  const w = useWords();
  const { t } = w;
  const text = (value: number | null, of?: number) =>
    valueText(w, { metric: cell.metric, value, of, before: null, partial: false }, metric);
  if (cell.value === null) {
    return (
      <td className={`${style.number} ${style.unknown}`} title={whyText(w, cell.why)}>
        {t("unknown.short")}
      </td>
    );
  }
  const usual = cell.usual !== null ? t("insight.usual", { n: text(cell.usual) }) : undefined;
  return (
    <td className={style.number} title={usual}>
      {text(cell.value, cell.of)}
      {cell.band === "alert" || cell.band === "watch" || cell.band === "excellent" ? (
        <div>
          <BandMark band={cell.band} />
        </div>
      ) : null}
    </td>
  );
}
