import type { OutboxEntry, Task } from "@qunying/api/model";
import type { Words } from "../words/useWords.ts";

type Kind = OutboxEntry["kind"];

interface Deed {
  kind: string;
  group: string;
  /** Of the member concerned, "" where there is none. */
  name: string;
  /** That a mute ends something instead of beginning it. */
  lifts?: boolean;
}

const withMember: Record<Kind, boolean> = {
  send: true,
  recall: true,
  mute: true,
  mute_all: false,
  remove: true,
  announce: false,
  rename: false,
  invite: true,
  approve: true,
  refuse: true,
};

/** What is to be done, or was, as a short order: 把小李移出“跑团”. */
export function deedWords(t: Words["t"], { kind, group, name, lifts }: Deed): string {
  if (!(kind in withMember)) return t("deed.other", { group });
  const k = kind as Kind;
  if ((k === "mute" || k === "mute_all") && lifts)
    return t(k === "mute" ? "deed.unmute" : "deed.unmute_all", { group, name });
  if (withMember[k] && name)
    return t(`deed.${k as "send" | "recall" | "mute" | "remove" | "invite" | "approve" | "refuse"}To`, { group, name });
  return t(`deed.${k}`, { group });
}

/** Tasks that stand for themselves, not for an action. */
const ownTasks = ["contingency", "drill", "mediation", "page", "waiting"] as const;

/** The words of a task; those of a mute need the action, which knows whether it has an end. */
export function taskWords(t: Words["t"], task: Task, action?: OutboxEntry): string {
  const own = ownTasks.find((k) => k === task.kind);
  if (own === "waiting")
    return t("tasks.own.waiting", { group: task.group_name, name: task.name || t("message.nameless") });
  if (own) return t(`tasks.own.${own}`, { group: task.group_name });
  const name = task.name || (task.member ? t("message.nameless") : "");
  return deedWords(t, {
    kind: task.action ?? "",
    group: task.group_name,
    name,
    lifts: action !== undefined && !action.until,
  });
}

const harmless =
  /^(https?|weixin|wxwork|dingtalk|lark|feishu|tg|mqqapi|mqq|qq|tencent|discord|irc|ircs|slack|whatsapp|line):/i;

/** A link into a chat client, undefined where it may be something else: it came from outside. */
export function clientLink(link: string | undefined): string | undefined {
  return link && harmless.test(link) ? link : undefined;
}
