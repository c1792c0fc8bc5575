import type { QueryAnswer, QueryRow } from "@qunying/api/model";
import type { EChartsCoreOption } from "echarts/core";
import { family } from "../../theme/family.ts";
import type { Palette } from "../../theme/palette.ts";

interface Words {
  key: (row: QueryRow, by: string) => string;
  number: (n: number) => string;
  unknown: string;
}

const most = 30; // bars that are drawn
const mostLines = 5;
const isTime = (by: string) => by === "day" || by === "week" || by === "month";

/** One metric of an answer as a chart: lines over time, one for each of the largest; otherwise bars. */
export function queryOption(answer: QueryAnswer, metric: number, p: Palette, w: Words): EChartsCoreOption {
  const [first, second] = answer.by;
  const value = (r: QueryRow) => r.cells[metric]?.value ?? null;
  const told = second !== undefined || isTime(first ?? "");
  const colors = [p.brand, p.second, p.watch, p.excellent, p.soft];
  const steps = [...new Set(answer.rows.map((r) => w.key(r, first ?? "")))];
  const series = [];
  let names = steps;
  if (second !== undefined) {
    const sums = new Map<string, number>();
    for (const r of answer.rows) sums.set(w.key(r, second), (sums.get(w.key(r, second)) ?? 0) + (value(r) ?? 0));
    const largest = [...sums].sort((a, b) => b[1] - a[1]).slice(0, mostLines);
    for (const [i, [name]] of largest.entries()) {
      const own = new Map(
        answer.rows.filter((r) => w.key(r, second) === name).map((r) => [w.key(r, first ?? ""), value(r)]),
      );
      series.push({ name, type: "line", symbolSize: 5, color: colors[i], data: steps.map((s) => own.get(s) ?? null) });
    }
  } else if (isTime(first ?? "")) {
    series.push({ type: "line", symbolSize: 5, color: p.brand, data: answer.rows.map(value) });
  } else {
    const rows = answer.rows.slice(0, most);
    names = rows.map((r) => w.key(r, first ?? ""));
    series.push({ type: "bar", color: p.brand, barMaxWidth: 28, data: rows.map(value) });
  }
  return {
    animation: false,
    textStyle: { fontFamily: family, color: p.faint },
    grid: { left: 8, right: 12, top: 16, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: p.tip,
      borderWidth: 0,
      textStyle: { color: p.tipText, fontSize: 13 },
      valueFormatter: (v: unknown) => (typeof v === "number" ? w.number(v) : w.unknown),
    },
    xAxis: {
      type: "category",
      data: names,
      boundaryGap: !told,
      axisLine: { lineStyle: { color: p.line } },
      axisTick: { show: false },
      axisLabel: { color: p.faint, hideOverlap: true, width: 90, overflow: "truncate" },
    },
    yAxis: {
      type: "value",
      splitLine: { lineStyle: { color: p.line } },
      axisLabel: { color: p.faint, formatter: (n: number) => w.number(n) },
    },
    series,
  };
}
