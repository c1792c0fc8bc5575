import type { Gap, Ref, Trend } from "@qunying/api/model";
import type { EChartsCoreOption } from "echarts/core";
import { family } from "../theme/family.ts";
import type { Palette } from "../theme/palette.ts";
import { addDays, daysBetween, dayTime } from "../words/time.ts";

export type Line = "messages" | "speakers" | "activity";

const halfDay = 43_200_000; // milliseconds

interface Words {
  number: (n: number) => string;
  label: (day: string) => string; // of a step, for the tooltip
  tick: (day: string) => string; // on the axis
  gap: string;
  partial: string; // of a step that is not covered whole
  band: (band: Ref["band"]) => string;
  mean?: string;
}

/** One reference band as the stretch of the axis that it covers; null is open. */
export interface Zone {
  band: Ref["band"];
  from: number;
  to: number | null;
}

/** The reference bands of a metric, bottom up, as stretches of the axis. */
export function zones(refs: Ref[]): Zone[] {
  const order: Ref["band"][] = ["alert", "watch", "good", "excellent"];
  const sorted = [...refs].sort((a, b) => order.indexOf(a.band) - order.indexOf(b.band));
  return sorted.flatMap((ref, i): Zone[] => {
    const before = sorted[i - 1];
    const after = sorted[i + 1];
    const from = ref.above ?? before?.below ?? 0;
    const to = ref.below ?? after?.above ?? null;
    return to !== null && to <= from ? [] : [{ band: ref.band, from, to }];
  });
}

/** The first and last day of each gap that shows between two days, ends included. */
export function visibleGaps(gaps: Gap[], from: string, to: string): { from: string; to: string }[] {
  return gaps
    .filter((g) => g.to >= from && g.from <= to)
    .map((g) => ({ from: g.from < from ? from : g.from, to: g.to > to ? to : g.to }));
}

/** The last day of a step that begins on `day`. */
export function stepEnd(day: string, grain: Trend["grain"]): string {
  if (grain === "day") return day;
  if (grain === "week") return addDays(day, 6);
  const [year, month] = day.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** The steps that are named on the axis: at most so many, evenly apart, the last among them. */
export function ticks(steps: string[], most: number): string[] {
  const every = Math.max(1, Math.ceil(steps.length / most));
  return steps.filter((_, i) => (steps.length - 1 - i) % every === 0);
}

/** The trend of a group as a chart: unknown steps break the line, gaps are hatched, bands lie behind. */
export function trendOption(trend: Trend, line: Line, refs: Ref[], p: Palette, w: Words): EChartsCoreOption {
  const values = trend[line] ?? [];
  const first = trend.t[0] ?? "";
  const last = trend.t.at(-1) ?? first;
  const end = last && stepEnd(last, trend.grain);
  const middle = trend.grain === "day" ? 0 : trend.grain === "week" ? 3 * 2 * halfDay : 14 * 2 * halfDay;
  const at = (i: number) => dayTime(trend.t[i] ?? "") + middle;
  const partial = (i: number) => (trend.partial?.[i] ?? false) && values[i] != null;
  const points = trend.t.map((_, i) => [at(i), partial(i) ? null : (values[i] ?? null)]);
  const days = first ? daysBetween(first, end) : 0;
  const gaps = first ? visibleGaps(trend.gaps ?? [], first, end) : [];
  const bands = line === "activity" ? zones(refs) : [];
  const top = Math.max(...values.map((v) => v ?? 0), 0);
  // Show the lowest bands always; one further up only when the line comes near it.
  const reached = bands.filter((b) => b.from <= Math.max(top * 1.15, bands[0]?.to ?? 0));
  const max =
    reached.length > 0 ? Math.max(top * 1.1, reached.at(-1)?.from ?? 0, (reached[0]?.to ?? 0) * 1.25) : undefined;
  const seen = reached.filter((b) => b.from < (max ?? 0));
  const few = values.filter((v) => v !== null).length <= 45;

  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: family, color: p.faint },
    grid: { left: 8, right: reached.length > 0 ? 56 : 12, top: 16, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: p.tip,
      borderWidth: 0,
      padding: [8, 12],
      textStyle: { color: p.tipText, fontSize: 13 },
      axisPointer: { type: "line", lineStyle: { color: p.faint, width: 1, type: "dashed" } },
      formatter: (items: { dataIndex: number }[]) => {
        const item = items[0];
        if (!item) return "";
        const step = trend.t[item.dataIndex] ?? "";
        const value = values[item.dataIndex] ?? null;
        const mark = partial(item.dataIndex) ? ` ${w.partial}` : "";
        return `${w.label(step)}<br/><b>${value === null ? w.gap : w.number(value)}</b>${mark}`;
      },
    },
    xAxis: {
      type: "time",
      min: first ? dayTime(first) - halfDay : undefined,
      max: first ? dayTime(end) + halfDay : undefined,
      axisLine: { lineStyle: { color: p.line } },
      axisTick: { show: false },
      axisLabel: {
        customValues: ticks(trend.t, 8).map((d) => dayTime(d) + middle),
        color: p.faint,
        fontSize: 12,
        hideOverlap: true,
        formatter: (at: number) => w.tick(new Date(at - middle).toISOString().slice(0, 10)),
      },
    },
    yAxis: {
      type: "value",
      min: 0,
      max,
      minInterval: line === "activity" ? undefined : 1,
      splitNumber: 4,
      axisLabel: {
        color: p.faint,
        fontSize: 12,
        showMaxLabel: max === undefined,
        formatter: (n: number) => w.number(n),
      },
      splitLine: { lineStyle: { color: p.line } },
    },
    series: [
      {
        type: "line",
        data: points,
        connectNulls: false,
        showSymbol: few,
        symbol: "circle",
        symbolSize: few ? 5 : 3,
        lineStyle: { color: p.brand, width: 2 },
        itemStyle: { color: p.brand },
        areaStyle: reached.length > 0 ? undefined : { color: p.brand, opacity: 0.07 },
        emphasis: { disabled: true },
        markArea: { silent: true, data: [...bandAreas(seen, max, p, w), ...gapAreas(gaps, days, p, w)] },
      },
      {
        type: "line",
        data: partialPoints(values, partial, at, p, w),
        connectNulls: false,
        symbol: "circle",
        lineStyle: { color: p.brand, width: 2, type: [4, 4], opacity: 0.7 },
        emphasis: { disabled: true },
      },
    ],
  };
}

/** Steps that are not covered whole: hollow, with a dashed line to their neighbours; the last one says so. */
function partialPoints(
  values: (number | null)[],
  partial: (i: number) => boolean,
  at: (i: number) => number,
  p: Palette,
  w: Words,
) {
  return values.map((v, i) => {
    if (partial(i)) {
      return {
        value: [at(i), v],
        symbolSize: 7,
        itemStyle: { color: p.surface, borderColor: p.brand, borderWidth: 1.5 },
        label: {
          show: i === values.length - 1,
          formatter: w.partial,
          position: "top",
          align: "right",
          color: p.soft,
          fontSize: 12,
        },
      };
    }
    const beside = partial(i - 1) || partial(i + 1);
    return { value: [at(i), beside ? v : null], symbolSize: 0 };
  });
}

function bandAreas(bands: Zone[], max: number | undefined, p: Palette, w: Words) {
  const washes = { alert: p.alertWash, watch: p.watchWash, good: p.goodWash, excellent: p.excellentWash };
  const inks = { alert: p.alert, watch: p.watch, good: p.good, excellent: p.excellent };
  return bands.map((b) => [
    {
      name: w.band(b.band),
      yAxis: b.from,
      itemStyle: { color: washes[b.band], opacity: 0.75 },
      label: { show: true, position: "right", distance: 8, color: inks[b.band], fontSize: 12 },
    },
    { yAxis: Math.min(b.to ?? Number.POSITIVE_INFINITY, max ?? Number.POSITIVE_INFINITY) },
  ]);
}

function gapAreas(gaps: { from: string; to: string }[], days: number, p: Palette, w: Words) {
  return gaps.map((g) => [
    {
      name: w.gap,
      xAxis: dayTime(g.from) - halfDay,
      itemStyle: { color: hatch(p), opacity: 1 },
      label: {
        // A narrow stretch has no room for a word.
        show: daysBetween(g.from, g.to) / Math.max(1, days) > 0.08,
        position: "insideTop",
        color: p.soft,
        backgroundColor: p.surface,
        padding: [2, 6],
        borderRadius: 4,
        fontSize: 12,
      },
    },
    { xAxis: dayTime(g.to) + halfDay },
  ]);
}

/** Stripes as a canvas pattern, or a plain colour where there is no canvas. */
export function hatch(p: Palette): unknown {
  if (typeof document === "undefined") return p.hatch;
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const pen = tile.getContext("2d");
  if (!pen) return p.hatch;
  pen.fillStyle = p.surface;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = p.hatch;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return { image: tile, repeat: "repeat" };
}
