import { addDays, daysBetween } from "../words/time.ts";

export const lengths = [7, 30, 90, 365] as const; // days
export type Length = (typeof lengths)[number];

/** The period as an address holds it: a number of days up to the last, or two days. */
export interface PeriodSearch {
  days?: Length;
  from?: string;
  to?: string;
}

const isDay = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);

export function periodSearch(search: Record<string, unknown>): PeriodSearch {
  const days = lengths.find((d) => d === Number(search.days));
  if (isDay(search.from) && isDay(search.to) && search.from <= search.to) return { from: search.from, to: search.to };
  return days ? { days } : {};
}

export const usual: Length = 30;

/**
 * The days that a period covers, both inclusive. It ends today, or, where the
 * last message is older than the whole period, on the day of that message: an
 * old export shows itself rather than nothing.
 */
export function spanOf(search: PeriodSearch, today: string, lastDay: string | undefined): { from: string; to: string } {
  if (search.from && search.to) return { from: search.from, to: search.to };
  const days = search.days ?? usual;
  const start = addDays(today, 1 - days);
  const to = lastDay && lastDay < start ? lastDay : today;
  return { from: addDays(to, 1 - days), to };
}

/** The step of a chart over so many days that stays readable. */
export function usualGrain(from: string, to: string): "day" | "week" | "month" {
  const days = daysBetween(from, to);
  return days <= 120 ? "day" : days <= 800 ? "week" : "month";
}
