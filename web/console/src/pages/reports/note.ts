import type { ReportBody, ReportCell } from "@qunying/api/model";
import { whyText } from "../../parts/NumberTile.tsx";
import type { Words } from "../../words/useWords.ts";

/**
 * What is missing of a number of so many groups: why it is not known, or what it rests on, and whether groups or
 * days are left out. The workbook has the same (noteOf in internal/api/answers).
 */
export function noteOf(w: Words, cell: ReportCell, groups: number): string | undefined {
  if (cell.value == null) return whyText(w, cell.why);
  const notes = cell.why ? [whyText(w, cell.why)] : [];
  if (cell.partial)
    notes.push(
      (cell.groups ?? groups) < groups
        ? w.t("reports.groupsUnknown", { n: groups - cell.groups, of: groups })
        : w.t("reports.partial"),
    );
  return notes.join(w.t("reports.comma")) || undefined;
}

/** Of how many groups not every day is known: their own gaps are not those of all groups together. */
export const lacking = (groups: ReportBody["groups"]): number =>
  groups.filter(({ cells: [messages] }) => messages && (messages.value == null || messages.partial)).length;
