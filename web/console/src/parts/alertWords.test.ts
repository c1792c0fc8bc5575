import { expect, it } from "vitest";
import type { Words } from "../words/useWords.ts";
import { alertNumbers, alertWords } from "./alertWords.ts";

const w = {
  t: (key: string, fill?: object) => (fill ? `${key} ${JSON.stringify(fill)}` : key),
  lang: "zh-CN",
  percent: (v: number) => `${(v * 100).toFixed(1)}%`,
  count: (n: number) => String(n),
} as unknown as Words;

it("says with which value an alert about a band began, and against which limit", () => {
  expect(alertNumbers(w, { unit: "share", value: "0.075", limit: "0.15" })).toBe(
    'alerts.valueLimit {"value":"7.5%","limit":"15.0%"}',
  );
  expect(alertNumbers(w, { unit: "messages", value: "8" })).toBe('alerts.value {"value":"8"}');
  expect(alertNumbers(w, { unit: "share", limit: "0.15" })).toBeUndefined();
});

it("says few speakers with the field's figure, not with a metric that counts days", () => {
  const data = { metric: "low_activity_days", unit: "days", days: "3", limit: "0.15", zh: "连续低日活天数" };
  expect(alertWords(w, { cause: "band", data, group_name: "跑团" })).toBe(
    'alerts.cause.low {"group":"跑团","count":3,"limit":"15.0%"}',
  );
});
