import type { OutboxEntry } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { type DriverWords, driverWords } from "../words/connectors.ts";
import { useWords, type Words } from "../words/useWords.ts";

/** Codes that belong to no network, or that a network's own texts leave to these. */
const general = [
  "empty",
  "too_long",
  "too_large",
  "no_content",
  "incomplete",
  "no_such_form",
  "no_mention",
  "unnamed",
  "not_admin",
  "not_offered",
  "not_linked",
  "unreachable",
  "garbled",
  "down",
  "partly",
  "busy",
  "too_late",
  "guarded",
  "declined",
  "repeated",
  "expired",
  "no_account",
  "nobody_can",
  "resent",
  "stopped",
  "restored",
  "not_wanted",
  "quota",
  "gone",
  "timeout",
  "invalid",
  "not_found",
  "conflict",
  "forbidden",
  "unsupported",
  "unavailable",
  "internal",
] as const;

/** What went wrong with an action and what to do, for its code: "wecom/60020", "expired". */
export function troubleWords(t: Words["t"], drivers: Record<string, DriverWords> | undefined, code: string): string {
  const cut = code.indexOf("/");
  const bare = code.slice(cut + 1);
  const own = cut > 0 ? drivers?.[code.slice(0, cut)]?.codes[bare] : undefined;
  if (own) return own;
  const known = general.find((c) => c === bare);
  if (known) return t(`wrong.${known}`);
  return /^-?\d+$/.test(bare) ? t("wrong.number", { code: bare }) : t("wrong.internal");
}

/** Why an action was not done, or not yet, and the platform's own words; nothing where nothing is wrong. */
export function useTrouble(): (e: OutboxEntry) => { why: string; said: string } | undefined {
  const { t, lang } = useWords();
  const words = useQuery({
    queryKey: ["drivers", "words", lang],
    queryFn: () => driverWords(lang),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (e) => {
    if (e.code) return { why: troubleWords(t, words.data, e.code), said: e.said ?? "" };
    return e.error ? { why: t("wrong.older"), said: "" } : undefined;
  };
}
