import type { ReportCell } from "@qunying/api/model";
import { expect, it } from "vitest";
import type { Words } from "../../words/useWords.ts";
import { lacking, noteOf } from "./note.ts";

const w = { t: (key: string, fill?: object) => (fill ? `${key} ${JSON.stringify(fill)}` : key) } as unknown as Words;

it("says incomplete of days only, and of groups how many are not known", () => {
  const cell = (has: Partial<ReportCell>, groups: number) =>
    noteOf(w, { metric: "dau", value: 3, partial: false, groups: 4, ...has }, groups);
  expect(cell({}, 4)).toBeUndefined();
  expect(cell({ partial: true }, 4)).toBe("reports.partial");
  expect(cell({ partial: true, groups: 3 }, 4)).toBe('reports.groupsUnknown {"n":1,"of":4}');
  expect(cell({ partial: true, groups: 1, why: "members_seen" }, 1)).toBe(
    "why.members_seenreports.commareports.partial",
  );
  expect(cell({ value: null, partial: true, groups: 0, why: "no_roster" }, 1)).toBe("why.no_roster");
});

it("counts the groups of which days are missing", () => {
  const group = (has: Partial<ReportCell>) => ({
    group: 1,
    name: "跑团",
    thresholds: [],
    cells: [{ metric: "messages", value: 3, partial: false, groups: 1, ...has }],
  });
  expect(lacking([group({}), group({ partial: true }), group({ value: null })])).toBe(2);
});
