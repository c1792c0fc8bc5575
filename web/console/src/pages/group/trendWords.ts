import type { Trend } from "@qunying/api/model";
import type { Line } from "../../parts/trendOption.ts";
import { stepEnd } from "../../parts/trendOption.ts";
import { month } from "../../words/time.ts";
import type { Words } from "../../words/useWords.ts";

/** How a step of the time axis is named. */
export function stepWords(w: Words, grain: Trend["grain"]) {
  return {
    label: (d: string) =>
      grain === "day" ? w.day(d) : grain === "week" ? w.days(d, stepEnd(d, grain)) : month(d, w.lang),
    tick: (d: string) => (grain === "month" ? month(d, w.lang) : w.day(d)),
  };
}

/** What the trend shows, for those who do not see it. */
export function trendSentence(w: Words, trend: Trend, line: Line): string {
  const known = trend.t.flatMap((d, i) => {
    const v = trend[line][i];
    return v == null ? [] : [{ d, v }];
  });
  const first = known[0];
  if (!first) return w.t("unknown.title");
  const highest = known.reduce((a, b) => (b.v > a.v ? b : a), first);
  const lowest = known.reduce((a, b) => (b.v < a.v ? b : a), first);
  const { label } = stepWords(w, trend.grain);
  const number = (n: number) => (line === "activity" ? w.percent(n) : w.count(n));
  return w.t("trend.sentence", {
    what: w.t(`trend.line.${line}`),
    from: label(trend.t[0] ?? ""),
    to: label(trend.t.at(-1) ?? ""),
    high: number(highest.v),
    highDay: label(highest.d),
    low: number(lowest.v),
    lowDay: label(lowest.d),
    count: trend.gaps.length,
  });
}
