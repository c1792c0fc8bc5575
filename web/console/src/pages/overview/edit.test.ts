import { expect, test } from "vitest";
import { clockOf, editOf, untouched, wrong } from "./edit.ts";

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

test("waiting and what groups are", () => {
  const d = untouched();
  d.waits = "on";
  d.patience = "inherit";
  d.hours = "set";
  d.from = "10:30";
  d.to = "18:00";
  d.type = "brand";
  expect(editOf([4], d)).toEqual({
    groups: [4],
    waiting: { on: true, from: 630, to: 1080 },
    profile: { type: "brand" },
    inherit: ["waiting.minutes"],
  });
  expect(wrong(d)).toEqual([]);
  expect(wrong({ ...d, to: "10:30" })).toEqual(["hours"]);
  expect(clockOf(630)).toBe("10:30");
  d.type = "inherit";
  d.hours = "inherit";
  expect(editOf([4], d)?.inherit).toEqual(["waiting.minutes", "waiting.from", "waiting.to", "profile.type"]);
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

test("when something counts as wrong", () => {
  const d = untouched();
  d.mode.silent_hours = "set";
  d.typed.silent_hours = "0";
  d.mode.band_days = "inherit";
  d.mode.cooldown_minutes = "set";
  d.typed.cooldown_minutes = "10081";
  d.alerts.mail = "off";
  d.alerts.overdue = "inherit";
  expect(wrong(d)).toEqual(["cooldown_minutes"]);
  d.typed.cooldown_minutes = "30";
  expect(wrong(d)).toEqual([]);
  expect(editOf([4], d)).toEqual({
    groups: [4],
    alerts: { silent_hours: 0, cooldown_minutes: 30, mail: false },
    inherit: ["alerts.band_days", "alerts.overdue"],
  });
});
