import type { Alert } from "@qunying/api/model";
import type { Words } from "../words/useWords.ts";

/** What is wrong, in a sentence; of a cause that this page does not know yet, its name. */
export function alertWords(
  { t, lang }: Words,
  { cause, data, group_name: group }: Pick<Alert, "cause" | "data" | "group_name">,
): string {
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
      return t("alerts.cause.band", {
        group,
        metric: (lang === "zh-CN" ? data.zh : data.en) ?? data.metric ?? "",
        count: Number(data.days ?? 0),
      });
  }
  return t("alerts.cause.other", { group, text: data.text || cause });
}
