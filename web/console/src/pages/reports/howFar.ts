import type { ReportHead } from "@qunying/api/model";
import type { Words } from "../../words/useWords.ts";

/** How far a report is that is not made yet, or that it could not be. */
export function howFar({ t, exact }: Words, r: ReportHead): string {
  if (r.state === "making" && r.done) {
    return t("reports.makingOf", { done: exact(r.done), todo: exact(r.todo ?? r.groups) });
  }
  return r.state === "made" ? "" : t(`reports.${r.state}`);
}
