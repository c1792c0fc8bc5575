import type { GroupEditInput } from "@qunying/api/model";
import type { GroupKind } from "../../queries/profile.ts";

/** What is done about one setting of the groups that are chosen. */
export type Mode = "keep" | "set" | "inherit";

/** A field of a setting that can be changed in many groups, as the server names it. */
export type Field =
  | "delivery.paused"
  | "delivery.quiet"
  | "delivery.quiet_from"
  | "delivery.quiet_to"
  | "delivery.quiet_for"
  | `delivery.${NumberField}`
  | "welcome.on"
  | "welcome.text"
  | "waiting.on"
  | "waiting.minutes"
  | "waiting.hours"
  | "waiting.from"
  | "waiting.to"
  | "profile.type"
  | `alerts.${AlertNumber | AlertSwitch}`
  | "keeper.staff"
  | "keeper.backup";

export const numbers = ["per_group", "same_seconds", "touches", "task_minutes", "order_minutes"] as const;
export type NumberField = (typeof numbers)[number];

export const alertNumbers = ["silent_hours", "silent_from", "band_days", "cooldown_minutes"] as const;
type AlertNumber = (typeof alertNumbers)[number];
export const alertSwitches = ["low_activity", "overdue", "mail", "staff"] as const;
export type AlertSwitch = (typeof alertSwitches)[number];

/** A number of any setting. */
export type Count = NumberField | AlertNumber;
const counts = [...numbers, ...alertNumbers];

export const bounds: Record<Count, { least: number; most: number }> = {
  per_group: { least: 0, most: 1000 },
  same_seconds: { least: 0, most: 3600 },
  touches: { least: 1, most: 50 },
  task_minutes: { least: 1, most: 10080 },
  order_minutes: { least: 1, most: 1440 },
  silent_hours: { least: 0, most: 720 },
  silent_from: { least: 0, most: 1_000_000 },
  band_days: { least: 0, most: 28 },
  cooldown_minutes: { least: 0, most: 10080 },
};

/** What is done about something that is on or off. */
export type Switched = "keep" | "on" | "off" | "inherit";

/** What somebody chose in the form. */
export interface Draft {
  paused: "keep" | "pause" | "resume";
  quiet: Mode;
  quietFrom: string;
  quietTo: string;
  mode: Record<Count, Mode>;
  typed: Record<Count, string>;
  alerts: Record<AlertSwitch, Switched>;
  on: Switched;
  text: Mode;
  words: string;
  waits: Switched;
  patience: Mode;
  minutes: number;
  hours: Mode;
  /** Clocks, "09:00". */
  from: string;
  to: string;
  /** "keep", "inherit", or what the groups are. */
  type: "keep" | "inherit" | GroupKind;
  /** undefined: stays; 0: nobody. */
  keeper: number | undefined;
  backup: number | undefined;
}

const each = <K extends string, T>(all: readonly K[], value: T) =>
  Object.fromEntries(all.map((n) => [n, value])) as Record<K, T>;

export const untouched = (): Draft => ({
  paused: "keep",
  quiet: "keep",
  quietFrom: "23:00",
  quietTo: "07:00",
  mode: each<Count, Mode>(counts, "keep"),
  typed: each(counts, ""),
  alerts: each<AlertSwitch, Switched>(alertSwitches, "keep"),
  on: "keep",
  text: "keep",
  words: "",
  waits: "keep",
  patience: "keep",
  minutes: 15,
  hours: "keep",
  from: "09:00",
  to: "21:00",
  type: "keep",
  keeper: undefined,
  backup: undefined,
});

/** Minutes after midnight of a clock. */
export function minutesOf(clock: string): number {
  const [hours = "0", minutes = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** The clock of minutes after midnight. */
export function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Fields that say nothing or something that cannot be. */
export function wrong(d: Draft): (Count | "hours")[] {
  const hours = d.hours === "set" && minutesOf(d.from) >= minutesOf(d.to) ? (["hours"] as const) : [];
  const numbered = counts.filter((n) => {
    const value = Number(d.typed[n]);
    const { least, most } = bounds[n];
    return (
      d.mode[n] === "set" && (d.typed[n].trim() === "" || !Number.isInteger(value) || value < least || value > most)
    );
  });
  return [...numbered, ...hours];
}

/** What is asked for about members who wait for an answer. */
function waitingOf(d: Draft, inherit: NonNullable<GroupEditInput["inherit"]>): NonNullable<GroupEditInput["waiting"]> {
  const waiting: NonNullable<GroupEditInput["waiting"]> = {};
  if (d.waits === "on" || d.waits === "off") waiting.on = d.waits === "on";
  if (d.waits === "inherit") inherit.push("waiting.on");
  if (d.patience === "set") waiting.minutes = d.minutes;
  if (d.patience === "inherit") inherit.push("waiting.minutes");
  if (d.hours === "set") Object.assign(waiting, { from: minutesOf(d.from), to: minutesOf(d.to) });
  if (d.hours === "inherit") inherit.push("waiting.from", "waiting.to");
  return waiting;
}

/** What is asked for about what counts as wrong. */
function alertsOf(d: Draft, inherit: NonNullable<GroupEditInput["inherit"]>): NonNullable<GroupEditInput["alerts"]> {
  const alerts: NonNullable<GroupEditInput["alerts"]> = {};
  for (const n of alertNumbers) {
    if (d.mode[n] === "set") alerts[n] = Number(d.typed[n]);
    if (d.mode[n] === "inherit") inherit.push(`alerts.${n}`);
  }
  for (const s of alertSwitches) {
    if (d.alerts[s] === "on" || d.alerts[s] === "off") alerts[s] = d.alerts[s] === "on";
    if (d.alerts[s] === "inherit") inherit.push(`alerts.${s}`);
  }
  return alerts;
}

/** The edit that a form asks for; undefined where nothing is chosen. */
export function editOf(groups: number[], d: Draft): GroupEditInput | undefined {
  const delivery: NonNullable<GroupEditInput["delivery"]> = {};
  const welcome: NonNullable<GroupEditInput["welcome"]> = {};
  const keeper: NonNullable<GroupEditInput["keeper"]> = {};
  const inherit: NonNullable<GroupEditInput["inherit"]> = [];
  if (d.paused !== "keep") delivery.paused = d.paused === "pause";
  if (d.quiet === "set") Object.assign(delivery, { quiet_from: d.quietFrom, quiet_to: d.quietTo });
  if (d.quiet === "inherit") inherit.push("delivery.quiet_from", "delivery.quiet_to");
  for (const n of numbers) {
    if (d.mode[n] === "set") delivery[n] = Number(d.typed[n]);
    if (d.mode[n] === "inherit") inherit.push(`delivery.${n}`);
  }
  if (d.on === "on" || d.on === "off") welcome.on = d.on === "on";
  if (d.on === "inherit") inherit.push("welcome.on");
  if (d.text === "set") welcome.text = d.words;
  if (d.text === "inherit") inherit.push("welcome.text");
  if (d.keeper !== undefined) keeper.staff = d.keeper;
  if (d.backup !== undefined) keeper.backup = d.backup;
  const waiting = waitingOf(d, inherit);
  if (d.type === "inherit") inherit.push("profile.type");
  const alerts = alertsOf(d, inherit);
  const edit: GroupEditInput = { groups };
  if (Object.keys(delivery).length > 0) edit.delivery = delivery;
  if (Object.keys(welcome).length > 0) edit.welcome = welcome;
  if (Object.keys(keeper).length > 0) edit.keeper = keeper;
  if (Object.keys(waiting).length > 0) edit.waiting = waiting;
  if (Object.keys(alerts).length > 0) edit.alerts = alerts;
  if (d.type !== "keep" && d.type !== "inherit") edit.profile = { type: d.type };
  if (inherit.length > 0) edit.inherit = inherit;
  return Object.keys(edit).length > 1 ? edit : undefined;
}
