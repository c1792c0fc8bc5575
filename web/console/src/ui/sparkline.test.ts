import { expect, it } from "vitest";
import { dots, gapRuns, lines } from "./sparkline.ts";

const box = { width: 60, height: 20, count: 6, top: 10 };

it("hatches what is missing, and breaks the line there", () => {
  const values = [1, 2, null, null, 5, 6];
  expect(gapRuns(values, false)).toEqual([{ from: 2, to: 3 }]);
  expect(lines(values, box)).toHaveLength(2);
});

it("does not call the newest days missing before they are told", () => {
  expect(gapRuns([1, null, 2, null], true)).toEqual([{ from: 1, to: 1 }]);
  expect(gapRuns([1, null, 2, null], false)).toHaveLength(2);
  expect(gapRuns([null, null], true)).toEqual([{ from: 0, to: 1 }]);
});

it("shows a day that stands alone", () => {
  expect(dots([null, 3, null], { ...box, count: 3 })).toHaveLength(1);
  expect(lines([null, 3, null], { ...box, count: 3 })).toHaveLength(0);
});
