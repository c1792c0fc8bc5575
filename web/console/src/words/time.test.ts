import { expect, it } from "vitest";
import { addDays, clock, day, dayOf, dayShare, dayStart, daysBetween, duration, rough, when, whole } from "./time.ts";

const shanghai = "Asia/Shanghai";
const at = (iso: string) => Date.parse(iso);

it("counts days with both ends", () => {
  expect(daysBetween("2026-11-01", "2026-11-01")).toBe(1);
  expect(daysBetween("2026-02-27", "2026-03-01")).toBe(3);
  expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
});

it("knows when a day begins in a zone, also where the clocks change", () => {
  expect(dayStart("2026-11-04", shanghai)).toBe(at("2026-11-03T16:00:00Z"));
  expect(dayStart("2026-03-29", "Europe/Berlin")).toBe(at("2026-03-28T23:00:00Z"));
  expect(dayStart("2026-03-30", "Europe/Berlin")).toBe(at("2026-03-29T22:00:00Z"));
  expect(dayStart("2026-11-01", "America/New_York")).toBe(at("2026-11-01T04:00:00Z"));
  expect(dayStart("2026-04-05", "Pacific/Auckland")).toBe(at("2026-04-04T11:00:00Z"));
  expect(dayStart("2026-11-02", "America/New_York")).toBe(at("2026-11-02T05:00:00Z"));
});

it("takes the day and the clock from the zone, not from the browser", () => {
  expect(dayOf(at("2026-11-03T16:30:00Z"), shanghai)).toBe("2026-11-04");
  expect(clock(at("2026-11-03T16:30:00Z"), shanghai)).toBe("00:30");
  expect(dayShare(at("2026-11-03T16:30:00Z"), shanghai)).toBeCloseTo(1 / 48);
  expect(clock(at("2026-11-03T16:30:00Z"), "no/such")).toBe("16:30");
  expect(whole(at("2026-11-03T16:30:05Z"), shanghai)).toBe("2026-11-04 00:30:05 (Asia/Shanghai)");
});

it("writes days with the year only where it is another", () => {
  expect(day("2026-11-03", "zh-CN", 2026)).toBe("11月3日");
  expect(day("2025-11-03", "zh-CN", 2026)).toBe("2025年11月3日");
  expect(day("2026-11-03", "en", 2026)).toBe("3 Nov");
});

it("is relative when recent", () => {
  const now = at("2026-11-22T04:00:00Z"); // noon in Shanghai
  expect(when(now - 20_000, now, shanghai, "en")).toEqual({ how: "now" });
  expect(when(now - 12 * 60_000, now, shanghai, "en")).toEqual({ how: "minutes", n: 12 });
  expect(when(at("2026-11-21T16:10:00Z"), now, shanghai, "en")).toEqual({ how: "today", clock: "00:10" });
  expect(when(at("2026-11-21T15:50:00Z"), now, shanghai, "en")).toEqual({ how: "yesterday", clock: "23:50" });
  expect(when(at("2026-11-01T15:50:00Z"), now, shanghai, "en")).toEqual({ how: "date", day: "1 Nov", clock: "23:50" });
});

it("splits durations", () => {
  expect(duration(3725)).toEqual({ hours: 1, minutes: 2, seconds: 5 });
});

it("says a length of time in one unit", () => {
  const minute = 60_000;
  expect(rough(20_000)).toEqual({ unit: "minutes", n: 1 });
  expect(rough(-89 * minute)).toEqual({ unit: "minutes", n: 89 });
  expect(rough(90 * minute)).toEqual({ unit: "hours", n: 2 });
  expect(rough(35.4 * 60 * minute)).toEqual({ unit: "hours", n: 35 });
  expect(rough(48 * 60 * minute)).toEqual({ unit: "days", n: 2 });
});
