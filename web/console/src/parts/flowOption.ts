import type { Trend } from "@qunying/api/model";
import type { EChartsCoreOption } from "echarts/core";
import { family } from "../theme/family.ts";
import type { Palette } from "../theme/palette.ts";
import { dayTime } from "../words/time.ts";
import { hatch, stepEnd, ticks, visibleGaps } from "./trendOption.ts";

const halfDay = 43_200_000; // milliseconds

interface Words {
  joins: string;
  leaves: string;
  gap: string;
  partial: string; // of a step that is not covered whole
  inferred: string; // of joins and leaves that nobody saw
  number: (n: number) => string;
  label: (day: string) => string;
  tick: (day: string) => string;
}

/** Joins upward and leaves downward on one axis; what is not known is left out, never zero. */
export function flowOption(trend: Trend, p: Palette, w: Words): EChartsCoreOption {
  const first = trend.t[0] ?? "";
  const last = trend.t.at(-1) ?? first;
  const end = last && stepEnd(last, trend.grain);
  const gaps = first ? visibleGaps(trend.gaps ?? [], first, end) : [];
  const middle = trend.grain === "day" ? 0 : trend.grain === "week" ? 6 * halfDay : 28 * halfDay;
  const bars = (values: (number | null)[] | null, sign: 1 | -1, name: string, color: string) => ({
    type: "bar",
    name,
    stack: "flow",
    barMaxWidth: 18,
    barMinWidth: 2,
    itemStyle: { color, borderRadius: sign > 0 ? [3, 3, 0, 0] : [0, 0, 3, 3] },
    emphasis: { disabled: true },
    data: trend.t.map((d, i) => {
      const v = values?.[i] ?? null;
      const value = [dayTime(d) + middle, v === null ? null : v * sign];
      return trend.partial[i] && v !== null ? { value, itemStyle: { opacity: 0.5 } } : { value };
    }),
  });

  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: family, color: p.faint },
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: p.tip,
      borderWidth: 0,
      padding: [8, 12],
      textStyle: { color: p.tipText, fontSize: 13 },
      axisPointer: { type: "shadow", shadowStyle: { color: p.line, opacity: 0.5 } },
      formatter: (items: { dataIndex: number; seriesName: string; value: [number, number | null] }[]) => {
        const i = items[0]?.dataIndex ?? 0;
        const step = trend.t[i] ?? "";
        const known = items.some(({ value }) => value[1] !== null);
        const marks = [known && trend.partial[i] ? w.partial : "", known && trend.inferred[i] ? w.inferred : ""];
        const rows = items.map(({ seriesName, value }) => {
          const v = value[1];
          return `${seriesName} <b>${v === null ? w.gap : w.number(Math.abs(v))}</b>`;
        });
        return [w.label(step), ...rows, ...marks.filter(Boolean)].join("<br/>");
      },
    },
    xAxis: {
      type: "time",
      min: first ? dayTime(first) - halfDay : undefined,
      max: first ? dayTime(end) + halfDay : undefined,
      axisLine: { onZero: true, lineStyle: { color: p.edge } },
      axisTick: { show: false },
      axisLabel: {
        customValues: ticks(trend.t, 6).map((d) => dayTime(d) + middle),
        color: p.faint,
        fontSize: 12,
        hideOverlap: true,
        formatter: (at: number) => w.tick(new Date(at - middle).toISOString().slice(0, 10)),
      },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 4,
      axisLabel: { color: p.faint, fontSize: 12, formatter: (n: number) => w.number(Math.abs(n)) },
      splitLine: { lineStyle: { color: p.line } },
    },
    series: [
      {
        ...bars(trend.joins, 1, w.joins, p.brand),
        markArea: {
          silent: true,
          data: gaps.map((g) => [
            {
              name: w.gap,
              xAxis: dayTime(g.from) - halfDay,
              itemStyle: { color: hatch(p), opacity: 1 },
              label: { show: false },
            },
            { xAxis: dayTime(g.to) + halfDay },
          ]),
        },
      },
      bars(trend.leaves, -1, w.leaves, p.second),
    ],
  };
}
