import { expect, test } from "vitest";
import { editOf, untouched, wrong } from "./edit.ts";

test("what is left alone is no part of an edit", () => {
  expect(editOf([1, 2], untouched())).toBeUndefined();
});

test("each choice becomes what is set, or what is inherited again", () => {
  const d = untouched();
  d.paused = "resume";
  d.quiet = "inherit";
  d.mode.touches = "set";
  d.typed.touches = "3";
  d.mode.task_minutes = "inherit";
  d.on = "on";
  d.text = "set";
  d.words = "你好";
  d.keeper = 0;
  expect(editOf([4], d)).toEqual({
    groups: [4],
    delivery: { paused: false, touches: 3 },
    welcome: { on: true, text: "你好" },
    keeper: { staff: 0 },
    inherit: ["delivery.quiet_from", "delivery.quiet_to", "delivery.task_minutes"],
  });
});

test("numbers out of bounds, and none at all, are wrong", () => {
  const d = untouched();
  d.mode.touches = "set";
  d.mode.per_group = "set";
  d.typed.per_group = "0";
  d.mode.order_minutes = "set";
  d.typed.order_minutes = "1441";
  d.typed.task_minutes = "-1"; // not asked for
  expect(wrong(d)).toEqual(["touches", "order_minutes"]);
});
