import type { Lang } from "./language.ts";

/** What is said about one way to connect: by the names that its driver uses. */
export interface DriverWords {
  title: string;
  about: string;
  /** What it may cost, "" where it costs nothing. */
  risk: string;
  fields: Record<string, { label: string; help: string }>;
  /** By field and value: "mode.http". */
  choices: Record<string, string>;
  checks: Record<string, string>;
  codes: Record<string, string>;
  /** What has to be prepared on the platform before. */
  checklist: string[];
}

const texts: Record<Lang, () => Promise<{ default: unknown }>> = {
  "zh-CN": () => import("../../../texts/connectors/zh-CN.json"),
  en: () => import("../../../texts/connectors/en.json"),
};

/** The words of all drivers in a language, by driver. */
export async function driverWords(lang: Lang): Promise<Record<string, DriverWords>> {
  return (await texts[lang]()).default as Record<string, DriverWords>;
}
