import type { GroupCard, Metric, Trend } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { flowOption } from "../../parts/flowOption.ts";
import { usualGrain } from "../../parts/period.ts";
import { type Line, trendOption } from "../../parts/trendOption.ts";
import { type Span, trend } from "../../queries.ts";
import { usePalette } from "../../shell/Preferences.tsx";
import { useHere } from "../../shell/useHere.ts";
import Chart from "../../ui/Chart.tsx";
import { Figure } from "../../ui/Figure.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./Charts.module.css";
import { stepWords, trendSentence } from "./trendWords.ts";

type Grain = "day" | "week" | "month";
const grains: Grain[] = ["day", "week", "month"];
const lines: Line[] = ["messages", "speakers", "activity"];

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

function lineText(w: Words, line: Line, v: number | null | undefined): string {
  if (v == null) return w.t("unknown.short");
  return line === "activity" ? w.percent(v) : w.exact(v);
}

/** A step as a row of a table is headed. */
function stepName(w: Words, trend: Trend, i: number): string {
  const name = stepWords(w, trend.grain).label(trend.t[i] ?? "");
  const told = (trend.messages[i] ?? trend.joins[i] ?? trend.leaves[i]) != null;
  return told && trend.partial[i] ? `${name} ${w.t("trend.partial")}` : name;
}

/** Messages, speakers and activity over time. */
export function TrendFigure({ group, span, metrics, className }: Props & { metrics: Metric[] }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const palette = usePalette();
  const [line, setLine] = useState<Line>("messages");
  const [chosen, setGrain] = useState<Grain>();
  const grain = chosen ?? usualGrain(span.from, span.to);
  const { data, error, refetch } = useQuery(trend(community, group.id, { ...span, grain }));
  const metric = metrics.find((m) => m.id === "activity_rate");

  const option = useMemo(
    () =>
      data &&
      trendOption(data, line, metric?.references ?? [], palette, {
        ...stepWords(w, data.grain),
        number: (n) => (line === "activity" ? axisPercent(n) : w.count(n)),
        gap: t("gap.short"),
        partial: t("trend.partial"),
        band: (b) => t(`band.${b}`),
      }),
    [data, line, metric, palette, w, t],
  );

  if (error && !data) {
    return (
      <Panel title={t("trend.title")} className={className}>
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  const known = data?.[line]?.some((v) => v !== null) ?? false;
  return (
    <Figure
      title={t("trend.title")}
      className={className}
      note={t(`trend.note.${line}`, { per: t(`grain.per.${grain}`) })}
      actions={
        <>
          <Segmented
            aria-label={t("trend.what")}
            value={line}
            onChange={setLine}
            options={lines.map((l) => ({ value: l, label: t(`trend.line.${l}`) }))}
          />
          <Segmented
            aria-label={t("trend.grain")}
            value={grain}
            onChange={setGrain}
            options={grains.map((g) => ({ value: g, label: t(`grain.${g}`) }))}
          />
        </>
      }
      table={{
        head: [t(`grain.${grain}`), ...lines.map((l) => t(`trend.line.${l}`))],
        rows: data?.t.map((_, i) => [stepName(w, data, i), ...lines.map((l) => lineText(w, l, data[l][i]))]) ?? [],
      }}
    >
      {!data || !option ? (
        <Loading rows={7} />
      ) : known ? (
        <>
          <Chart option={option} label={trendSentence(w, data, line)} height={300} />
          {line === "activity" && metric?.references?.length ? (
            <p className={style.refs}>
              {t("trend.refs", { source: [...new Set(metric.references.map((r) => r.source))].join(", ") })}
            </p>
          ) : null}
        </>
      ) : (
        <Empty title={t("unknown.title")}>{t(line === "activity" ? "why.no_roster" : "why.no_messages")}</Empty>
      )}
    </Figure>
  );
}

/** Who came and went. */
export function FlowFigure({ group, span, className }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const palette = usePalette();
  const grain = usualGrain(span.from, span.to);
  const { data, error, refetch } = useQuery(trend(community, group.id, { ...span, grain }));
  const option = useMemo(
    () =>
      data &&
      flowOption(data, palette, {
        ...stepWords(w, data.grain),
        number: w.count,
        joins: t("flow.joins"),
        leaves: t("flow.leaves"),
        gap: t("unknown.short"),
        partial: t("trend.partial"),
        inferred: t("flow.inferred"),
      }),
    [data, palette, w, t],
  );
  if (error && !data) {
    return (
      <Panel title={t("flow.title")} className={className}>
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  const sum = (values: (number | null)[] | undefined) =>
    values?.some((v) => v !== null) ? values.reduce<number>((s, v) => s + (v ?? 0), 0) : null;
  const joins = sum(data?.joins);
  const leaves = sum(data?.leaves);
  const known = joins !== null || leaves !== null;
  const sentence = t("flow.sentence", {
    joins: joins === null ? t("unknown.short") : w.people(joins),
    leaves: leaves === null ? t("unknown.short") : w.people(leaves),
  });
  return (
    <Figure
      title={t("flow.title")}
      className={className}
      note={known ? sentence : t("flow.note")}
      table={{
        head: [t(`grain.${grain}`), t("flow.joins"), t("flow.leaves"), t("flow.members")],
        rows:
          data?.t.map((_, i) => [
            stepName(w, data, i),
            ...[data.joins[i], data.leaves[i], data.members[i]].map((v) =>
              v == null ? t("unknown.short") : w.exact(v),
            ),
          ]) ?? [],
      }}
    >
      {!data || !option ? (
        <Loading rows={6} />
      ) : known ? (
        <Chart option={option} label={sentence} height={300} />
      ) : (
        <Empty title={t("unknown.title")}>{t("why.no_joins")}</Empty>
      )}
    </Figure>
  );
}

/** 15% on an axis, 15.2% where it is not whole. */
function axisPercent(n: number): string {
  const p = Math.round(n * 1000) / 10;
  return `${Number.isInteger(p) ? p : p.toFixed(1)}%`;
}
