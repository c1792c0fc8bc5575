import type { Lang } from "./language.ts";

// Days are "2026-11-03" in the group's zone, times are milliseconds since 1970 UTC.

const dayLength = 86_400_000; // milliseconds

/** Midnight UTC of a day: how charts place it. */
export function dayTime(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function addDays(day: string, n: number): string {
  return new Date(dayTime(day) + n * dayLength).toISOString().slice(0, 10);
}

/** Days from a to b, b included: 1 for the same day. */
export function daysBetween(a: string, b: string): number {
  return Math.round((dayTime(b) - dayTime(a)) / dayLength) + 1;
}

/** The day that a moment falls on in a zone. */
export function dayOf(at: number, zone: string): string {
  return formatter("en-CA", { timeZone: known(zone), year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** When a day begins in a zone. */
export function dayStart(day: string, zone: string): number {
  const utc = dayTime(day);
  const ahead = (at: number) => dayTime(dayOf(at, zone)) + dayShare(at, zone) * dayLength - at;
  return Math.round(utc - ahead(utc - ahead(utc)));
}

/** How much of its day is over at a moment in a zone: 0.5 at noon. */
export function dayShare(at: number, zone: string): number {
  const [hours = 0, minutes = 0] = clock(at, zone).split(":").map(Number);
  return (hours * 60 + minutes) / (24 * 60);
}

/** 11月3日 · 3 Nov, with the year where it is not `year`. */
export function day(value: string, lang: Lang, year?: number): string {
  const other = year !== undefined && Number(value.slice(0, 4)) !== year;
  return formatter(lang === "zh-CN" ? "zh-CN" : "en-GB", {
    timeZone: "UTC",
    month: lang === "zh-CN" ? "long" : "short",
    day: "numeric",
    ...(other ? { year: "numeric" } : {}),
  }).format(dayTime(value));
}

/** 2026年11月 · Nov 2026 */
export function month(value: string, lang: Lang): string {
  return formatter(lang === "zh-CN" ? "zh-CN" : "en-GB", {
    timeZone: "UTC",
    year: "numeric",
    month: lang === "zh-CN" ? "long" : "short",
  }).format(dayTime(value));
}

/** 14:05 in the zone, 24 hours. */
export function clock(at: number, zone: string): string {
  return formatter("en-GB", { timeZone: known(zone), hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** The whole moment, for hover: 2026-11-03 14:05:09 (Asia/Shanghai). */
export function whole(at: number, zone: string): string {
  const seconds = formatter("en-GB", {
    timeZone: known(zone),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(at);
  return `${dayOf(at, zone)} ${seconds} (${known(zone)})`;
}

/** When something was, as parts that the texts put into words. */
export type When =
  | { how: "now" }
  | { how: "minutes"; n: number }
  | { how: "today"; clock: string }
  | { how: "yesterday"; clock: string }
  | { how: "date"; day: string; clock: string };

/** Relative when recent, otherwise a date in the zone. */
export function when(at: number, now: number, zone: string, lang: Lang): When {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes >= 0 && minutes < 1) return { how: "now" };
  if (minutes >= 0 && minutes < 60) return { how: "minutes", n: minutes };
  const date = dayOf(at, zone);
  const today = dayOf(now, zone);
  if (date === today) return { how: "today", clock: clock(at, zone) };
  if (date === addDays(today, -1)) return { how: "yesterday", clock: clock(at, zone) };
  return { how: "date", day: day(date, lang, Number(today.slice(0, 4))), clock: clock(at, zone) };
}

/** A duration in seconds as its two largest parts. */
export function duration(seconds: number): { hours: number; minutes: number; seconds: number } {
  const s = Math.max(0, Math.round(seconds));
  return { hours: Math.floor(s / 3600), minutes: Math.floor((s % 3600) / 60), seconds: s % 60 };
}

/** A length of time in milliseconds in its largest unit, as one says it: 95 minutes are 2 hours. */
export function rough(length: number): { unit: "minutes" | "hours" | "days"; n: number } {
  const minutes = Math.max(1, Math.round(Math.abs(length) / 60_000));
  if (minutes < 90) return { unit: "minutes", n: minutes };
  const hours = Math.round(minutes / 60);
  if (hours < 36) return { unit: "hours", n: hours };
  return { unit: "days", n: Math.round(hours / 24) };
}

/** The zone, or UTC where the browser does not know it. */
export function known(zone: string): string {
  try {
    formatter("en", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const found = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, found);
  return found;
}
