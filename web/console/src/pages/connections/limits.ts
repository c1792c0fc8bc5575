import type { Limits } from "@qunying/api/model";

export const limitNames = ["per_minute", "per_day", "per_group", "pause", "warmup"] as const;
export type LimitName = (typeof limitNames)[number];

/** Limits as they stand in a form; empty does not limit. */
export type LimitTexts = Record<LimitName, string>;

export function textsOf(l: Limits): LimitTexts {
  const text = (n: number) => (n > 0 ? String(n) : "");
  return {
    per_minute: text(l.per_minute),
    per_day: text(l.per_day),
    per_group: text(l.per_group),
    pause: text(l.pause),
    warmup: l.warmup?.join(", ") ?? "",
  };
}

const most = { per_minute: 100_000, per_day: 10_000_000, per_group: 100_000, pause: 3_600 };
const longestWarmup = 60; // days

/** What a form says, and the names of what in it is no limit. */
export function limitsOf(texts: LimitTexts): { limits: Limits; wrong: LimitName[] } {
  const wrong: LimitName[] = [];
  const read = (name: keyof typeof most) => {
    const text = texts[name].trim();
    const n = Number(text);
    const fine = name === "pause" ? Number.isFinite(n) : Number.isInteger(n);
    if (fine && n >= 0 && n <= most[name]) return n;
    wrong.push(name);
    return 0;
  };
  const limits: Limits = {
    per_minute: read("per_minute"),
    per_day: read("per_day"),
    per_group: read("per_group"),
    pause: read("pause"),
  };
  const warmup = texts.warmup
    .split(/[,，、\s]+/)
    .filter(Boolean)
    .map(Number);
  if (warmup.some((n) => !Number.isInteger(n) || n < 0) || warmup.length > longestWarmup) wrong.push("warmup");
  else if (warmup.length > 0) limits.warmup = warmup;
  return { limits, wrong };
}
