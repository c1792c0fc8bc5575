import type { Lang } from "./language.ts";

// How numbers, shares, days and times are written. Pure: zone and now are arguments.

const thin = "\u00a0"; // between a number and its unit, never broken

/** A count: 9,876 · 1.2 万 · 3.4 亿 in Chinese, 9,876 · 12 K · 3.4 M in English. */
export function count(n: number, lang: Lang): string {
  const size = Math.abs(n);
  const steps: [number, string][] =
    lang === "zh-CN"
      ? [
          [1e8, "亿"],
          [1e4, "万"],
        ]
      : [
          [1e9, "B"],
          [1e6, "M"],
          [1e4, "K"],
        ];
  for (const [step, unit] of steps) {
    if (size < step) continue;
    const by = unit === "K" ? 1e3 : step;
    const scaled = n / by;
    return `${rounded(scaled, Math.abs(scaled) < 100 && unit !== "K" ? 1 : 0)}${thin}${unit}`;
  }
  if (Number.isInteger(n)) return minus(grouped(n));
  return rounded(n, size < 100 ? 1 : 0);
}

/** A count written out, for tables and hover: 12,345. */
export function exact(n: number): string {
  return Number.isInteger(n) ? minus(grouped(n)) : rounded(n, 1);
}

/** A percentage with one digit; n is 0.123 for 12.3%. */
export function percent(n: number): string {
  return `${minus((n * 100).toFixed(1))}%`;
}

/** Below this many, a percentage would be more precise than what it stands for. */
export const small = 100;

/**
 * A share of people: 12.3%, or 12 / 31 where there are few of them. Only whole
 * people are written so; a mean of shares stays a percentage.
 */
export function share(value: number, of: number | null | undefined): { text: string; people: boolean } {
  const part = Math.round(value * (of ?? 0));
  const whole = of != null && Number.isInteger(of) && Math.abs(value * of - part) < 1e-6;
  if (!whole || of >= small || of <= 0 || part > of) return { text: percent(value), people: false };
  return { text: `${exact(part)}${thin}/${thin}${exact(of)}`, people: true };
}

/** How a share changed, in percentage points: +2.1; null where nothing can be said. */
export function points(now: number | null, before: number | null | undefined): string | null {
  if (now == null || before == null) return null;
  const by = (now - before) * 100;
  return Math.abs(by) < 0.05 ? "±0" : `${by > 0 ? "+" : ""}${minus(by.toFixed(1))}`;
}

/** How a number changed since the period before: +12.3%, −8.0%; null where nothing can be said. */
export function change(now: number | null, before: number | null | undefined): string | null {
  if (now == null || before == null || before === 0) return null;
  const by = now / before - 1;
  if (Math.abs(by) < 0.0005) return "±0%";
  if (by >= 9.995) return `×${rounded(now / before, 0)}`;
  return `${by > 0 ? "+" : ""}${percent(by)}`;
}

function rounded(n: number, digits: number): string {
  const text = n.toFixed(digits).replace(/\.0$/, "");
  const [whole = "0", rest] = text.split(".");
  return minus(rest ? `${grouped(Number(whole), whole.startsWith("-"))}.${rest}` : grouped(Number(whole)));
}

function grouped(n: number, negative = n < 0): string {
  const digits = Math.abs(n)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return negative && n !== 0 ? `-${digits}` : negative ? `-${digits}` : digits;
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}

/** Bytes as people say them: 12.4 MB. */
export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let i = 0;
  let size = n;
  while (size >= 1000 && i < units.length - 1) {
    size /= 1000;
    i++;
  }
  return `${rounded(size, i > 0 && size < 100 ? 1 : 0)}${thin}${units[i]}`;
}
