import type { Alert } from "@qunying/api/model";
import type { Words } from "../words/useWords.ts";

/** What is wrong, in a sentence; of a cause that this page does not know yet, its name. */
export function alertWords(
  w: Words,
  { cause, data, group_name: group }: Pick<Alert, "cause" | "data" | "group_name">,
): string {
  const { t, lang } = w;
  const name = data.title || data.account || "";
  switch (cause) {
    case "connection":
      return t(data.state === "degraded" ? "alerts.cause.degraded" : "alerts.cause.offline", {
        name,
        count: Number(data.groups ?? 0),
      });
    case "silent":
      return t("alerts.cause.silent", { group, count: Number(data.hours ?? 0), usual: data.usual ?? "" });
    case "overdue":
      return t("alerts.cause.overdue", { group, count: Number(data.count ?? 0) });
    case "distrust":
      return t("alerts.cause.distrust", {
        name: data.name ?? "",
        of: data.of ?? "",
        overturned: data.overturned ?? "",
      });
    case "band":
      if (data.metric === "low_activity_days")
        return t("alerts.cause.low", { group, count: Number(data.days ?? 0), limit: inUnit(w, data, "limit") });
      return t("alerts.cause.band", {
        group,
        metric: (lang === "zh-CN" ? data.zh : data.en) ?? data.metric ?? "",
        count: Number(data.days ?? 0),
      });
  }
  return t("alerts.cause.other", { group, text: data.text || cause });
}

/** A number of an alert about a band; undefined where it has none. */
function inUnit(w: Words, data: Alert["data"], key: "value" | "limit"): string | undefined {
  const v = Number(data[key] ?? Number.NaN);
  if (Number.isNaN(v)) return undefined;
  return data.unit === "share" || data.metric === "low_activity_days" ? w.percent(v) : w.count(v);
}

/** What such an alert rests on: the value when it began, and the limit where there is one. */
export function alertNumbers(w: Words, data: Alert["data"]): string | undefined {
  const value = inUnit(w, data, "value");
  const limit = inUnit(w, data, "limit");
  if (!value) return undefined;
  return limit ? w.t("alerts.valueLimit", { value, limit }) : w.t("alerts.value", { value });
}
