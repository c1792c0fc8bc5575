import type { Trend } from "@qunying/api/model";
import { describe, expect, it } from "vitest";
import { light } from "../theme/palette.ts";
import { bandOf } from "./bands.ts";
import { flowOption } from "./flowOption.ts";
import { heatStep, heatSteps } from "./heat.ts";
import { pieces } from "./marks.ts";
import { periodSearch, spanOf, usualGrain } from "./period.ts";
import { stepEnd, trendOption, visibleGaps, zones } from "./trendOption.ts";

const refs = [
  { band: "alert" as const, below: 0.15, source: "S73" },
  { band: "watch" as const, above: 0.15, below: 0.25, source: "S73" },
  { band: "good" as const, above: 0.25, below: 0.4, source: "S73" },
  { band: "excellent" as const, above: 0.4, source: "S73" },
];

const trend: Trend = {
  grain: "day",
  t: ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"],
  messages: [10, null, null, 4],
  speakers: [3, null, null, 2],
  activity: [0.1, null, null, 0.2],
  joins: [1, null, null, 0],
  leaves: [0, null, null, 2],
  members: [30, null, null, 28],
  partial: [false, true, true, false],
  inferred: [false, false, false, false],
  gaps: [{ from: "2026-11-02", to: "2026-11-03", kind: "suspected", days: 2 }],
};

const words = {
  number: String,
  label: (d: string) => d,
  tick: (d: string) => d,
  gap: "missing",
  partial: "partial",
  band: (b: string) => b,
};

type Drawn = {
  tooltip: { formatter: (items: { dataIndex: number }[]) => string };
  series: { data: [number, number | null][]; connectNulls?: boolean; markArea?: { data: unknown[][] } }[];
};

describe("the trend", () => {
  const drawn = trendOption(trend, "messages", refs, light, words) as unknown as Drawn;
  const [line] = drawn.series;

  it("breaks at what is missing and never draws it as zero", () => {
    expect(line?.data.map(([, v]) => v)).toEqual([10, null, null, 4]);
    expect(line?.connectNulls).toBe(false);
  });

  it("hatches a gap over all of its days", () => {
    const [area] = (line?.markArea?.data ?? []) as { name?: string; xAxis: number }[][];
    expect(area?.[0]).toMatchObject({ name: "missing", xAxis: Date.parse("2026-11-01T12:00:00Z") });
    expect(area?.[1]).toMatchObject({ xAxis: Date.parse("2026-11-03T12:00:00Z") });
  });

  it("draws a step that is not whole as a hollow point with a dashed line to it", () => {
    const open = { ...trend, messages: [10, 8, 9, 4], partial: [false, false, false, true], gaps: [] };
    const chart = trendOption(open, "messages", refs, light, words) as unknown as Drawn;
    const [whole, dashed] = chart.series as unknown as [
      Drawn["series"][0],
      { data: { value: [number, number | null]; symbolSize: number; label?: { show: boolean } }[] },
    ];
    expect(whole.data.map(([, v]) => v)).toEqual([10, 8, 9, null]);
    expect(dashed.data.map((d) => d.value[1])).toEqual([null, null, 9, 4]);
    expect(dashed.data.map((d) => d.symbolSize)).toEqual([0, 0, 0, 7]);
    expect(dashed.data.at(-1)?.label?.show).toBe(true);
    expect(chart.tooltip.formatter([{ dataIndex: 3 }])).toBe("2026-11-04<br/><b>4</b> partial");
    expect(chart.tooltip.formatter([{ dataIndex: 2 }])).toBe("2026-11-03<br/><b>9</b>");
  });

  it("has bands only behind the activity rate", () => {
    expect(line?.markArea?.data).toHaveLength(1);
    const rate = trendOption(trend, "activity", refs, light, words) as unknown as Drawn;
    const named = ((rate.series[0]?.markArea?.data ?? []) as { name: string }[][]).map(([a]) => a?.name);
    expect(named).toEqual(["alert", "watch", "missing"]);
  });

  it("stays whole without any day", () => {
    const none = { ...trend, t: [], messages: [], partial: [], gaps: [] };
    expect(() => trendOption(none, "messages", refs, light, words)).not.toThrow();
  });
});

it("draws leaves downward and leaves the unknown out", () => {
  const drawn = flowOption(trend, light, { ...words, joins: "in", leaves: "out", inferred: "lists" }) as unknown as {
    series: { data: { value: [number, number | null] }[] }[];
  };
  expect(drawn.series.map((s) => s.data.map((d) => d.value[1]))).toEqual([
    [1, null, null, 0],
    [-0, null, null, -2],
  ]);
});

it("orders reference bands into stretches of the axis", () => {
  expect(zones([...refs].reverse())).toEqual([
    { band: "alert", from: 0, to: 0.15 },
    { band: "watch", from: 0.15, to: 0.25 },
    { band: "good", from: 0.25, to: 0.4 },
    { band: "excellent", from: 0.4, to: null },
  ]);
});

it("reads a value by its bands, from above on up to below", () => {
  expect([0, 0.15, 0.25, 0.4, 9].map((v) => bandOf(v, refs))).toEqual([
    "alert",
    "watch",
    "good",
    "excellent",
    "excellent",
  ]);
  expect(bandOf(null, refs)).toBeUndefined();
  expect(bandOf(1, undefined)).toBeUndefined();
});

it("cuts gaps at the ends of the period", () => {
  const gaps = [{ from: "2026-10-20", to: "2026-11-02", kind: "known" as const, days: 14 }];
  expect(visibleGaps(gaps, "2026-11-01", "2026-11-30")).toEqual([{ from: "2026-11-01", to: "2026-11-02" }]);
  expect(visibleGaps(gaps, "2026-11-03", "2026-11-30")).toEqual([]);
});

it("knows where a step ends", () => {
  expect(stepEnd("2026-11-02", "week")).toBe("2026-11-08");
  expect(stepEnd("2026-02-01", "month")).toBe("2026-02-28");
});

describe("the period", () => {
  it("ends today, or with the last message of an old export", () => {
    expect(spanOf({}, "2026-11-22", "2026-11-20")).toEqual({ from: "2026-10-24", to: "2026-11-22" });
    expect(spanOf({ days: 7 }, "2026-11-22", "2025-03-09")).toEqual({ from: "2025-03-03", to: "2025-03-09" });
    expect(spanOf({ from: "2026-01-01", to: "2026-01-02" }, "2026-11-22", undefined)).toEqual({
      from: "2026-01-01",
      to: "2026-01-02",
    });
  });
  it("reads addresses and ignores nonsense", () => {
    expect(periodSearch({ days: "90" })).toEqual({ days: 90 });
    expect(periodSearch({ days: "13" })).toEqual({});
    expect(periodSearch({ from: "2026-02-01", to: "2026-01-01" })).toEqual({});
  });
  it("chooses steps that can be read", () => {
    expect(usualGrain("2026-11-01", "2026-11-30")).toBe("day");
    expect(usualGrain("2025-11-23", "2026-11-22")).toBe("week");
    expect(usualGrain("2020-01-01", "2026-11-22")).toBe("month");
  });
});

it("marks hits by UTF-16 offsets and joins those that overlap", () => {
  expect(pieces("今天打卡", [[2, 4]])).toEqual([
    { from: 0, text: "今天", hit: false },
    { from: 2, text: "打卡", hit: true },
  ]);
  expect(pieces("👍打卡", [[2, 4]])[1]?.text).toBe("打卡");
  expect(
    pieces("aaa", [
      [0, 2],
      [1, 3],
    ])
      .map((p) => p.text)
      .join(""),
  ).toBe("aaa");
  expect(pieces("abc", [])).toEqual([{ from: 0, text: "abc", hit: false }]);
});

it("gives only nothing the first shade of heat, and the most the last", () => {
  expect(heatStep(0, 10)).toBe(0);
  expect(heatStep(0.01, 10)).toBe(1);
  expect(heatStep(10, 10)).toBe(heatSteps - 1);
});
