import { expect, test } from "vitest";
import { bandOf } from "./bandOf.ts";

test("a value is read by typed limits", () => {
  const more = { alert: 0.15, watch: 0.25, excellent: 0.4 };
  expect([0.1, 0.15, 0.24, 0.25, 0.39, 0.4].map((v) => bandOf(v, more, "more"))).toEqual([
    "alert",
    "watch",
    "watch",
    "good",
    "good",
    "excellent",
  ]);
  const less = { alert: 0.3, watch: 0.15, excellent: 0.05 };
  expect([0.31, 0.3, 0.15, 0.06, 0.05].map((v) => bandOf(v, less, "less"))).toEqual([
    "alert",
    "watch",
    "good",
    "good",
    "excellent",
  ]);
  expect(bandOf(null, more, "more")).toBeUndefined();
  expect(bandOf(1, {}, "more")).toBeUndefined();
  expect(bandOf(1, { alert: 2 }, "more")).toBe("alert");
});
