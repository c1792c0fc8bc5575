import type { Act, Clause, PolicyCheck, PolicyTest, Receipt } from "@qunying/api/model";
import { Problem } from "@qunying/api/problem";
import type { Words } from "../../words/useWords.ts";

type Reason = NonNullable<Receipt["verdict"]["reasons"]>[number];

/** One thing to do, in words: 禁言 60 分钟. */
export function actText(t: Words["t"], a: Act): string {
  if (a.do === "mute" || a.do === "mute_all") {
    if (!a.minutes) return t(`order.act.${a.do}`);
    const unit = a.minutes % 1440 === 0 ? "days" : a.minutes % 60 === 0 ? "hours" : "minutes";
    const n = a.minutes / { days: 1440, hours: 60, minutes: 1 }[unit];
    return t(`order.act.${a.do}For`, { time: t(`order.lasts.${unit}`, { n }) });
  }
  if (a.do === "block" && a.days) return t("order.act.blockFor", { n: a.days });
  if (a.do === "points") return t("order.act.pointsOf", { n: a.points ?? 0 });
  return t(`order.act.${a.do as "recall"}`);
}

export const actsText = (t: Words["t"], acts: readonly Act[]) =>
  acts.length > 0 ? acts.map((a) => actText(t, a)).join(t("order.comma")) : t("order.nothing");

/** What was decided on a card of a kind, in words. */
export const decisionText = (t: Words["t"], kind: string, what: string) =>
  kind === "unsure" && (what === "accept" || what === "overturn")
    ? t(what === "accept" ? "order.isAdvert" : "order.noAdvert")
    : t(`order.decision.${what as "accept"}`, { defaultValue: what });

/** A clause's name: one of our own in the reader's language, one that people gave as it is. */
export const nameText = (t: Words["t"], name: string) =>
  t(`order.ownName.${name}` as "order.title", { defaultValue: name });

/** How a clause is called; of reports and of what people are asked about there is none in the rules. */
export const clauseText = (t: Words["t"], clause: string, name: string | undefined) =>
  clause === "report"
    ? t("order.kind.report")
    : clause === "_uncertain"
      ? t("order.kind.unsure")
      : name
        ? nameText(t, name)
        : clause;

/** Categories of words, and with what only rules find those of verdicts. */
export const wordCategories = [
  "advert",
  "fraud",
  "gambling",
  "pornography",
  "abuse",
  "drugs-weapons",
  "politics",
  "custom",
] as const;
export const verdictCategories = [
  ...wordCategories,
  "flood",
  "repeat",
  "off-topic",
  "quarrel",
  "complaint",
  "curfew",
] as const;

/** What the server found wrong with one of some rules, or with what they have in common. */
export function mistake(t: Words["t"], clauses: readonly Clause[] | undefined, found: PolicyCheck): Problem {
  const at = found.clause ?? 0;
  const what = t("order.mistake", { what: t(`order.mistakeIn.${(found.field || "whole") as "when"}`) });
  const which = clauses?.[at - 1];
  return new Problem(
    "",
    which ? t("order.mistakeOf", { n: at, name: nameText(t, which.name), what }) : what,
    [found.error, found.hint].filter(Boolean).join(" · "),
  );
}

/** A value that a condition names, in words. */
export const valueText = (t: Words["t"], what: string, v: string) =>
  what === "words"
    ? categoryText(t, v)
    : what === "found"
      ? detectorText(t, v)
      : what === "weekday"
        ? t(`weekday.${Number(v) - 1}` as "weekday.0", { defaultValue: v })
        : what === "member.role"
          ? t(`order.role.${v as "owner"}`, { defaultValue: v })
          : v === "true" || v === "false"
            ? t(`order.yesNo.${v}`)
            : v;

/** What a condition asks about, in words. */
export const aspectText = (t: Words["t"], name: string) =>
  t(`order.aspect.${name.replaceAll(".", "_") as "words"}`, { defaultValue: name });

export const categoryText = (t: Words["t"], name: string) =>
  t(`order.category.${name as "advert"}`, { defaultValue: name });

export const detectorText = (t: Words["t"], name: string) =>
  t(`order.detector.${name as "link"}`, { defaultValue: name });

/** A finding, in words: 口令：taobao.com. Links without an address are called by their kind. */
export function foundText(t: Words["t"], f: { detector: string; kind?: string; value?: string }): string {
  const odd = f.detector === "link" && (f.kind === "command" || f.kind === "miniprogram");
  const name = detectorText(t, odd && f.kind ? f.kind : f.detector);
  return f.value ? `${name}：${f.value}` : name;
}

/** One reason of a verdict, in words. */
export function reasonText(t: Words["t"], r: Reason): string {
  switch (r.kind) {
    case "word":
      return (
        t("order.reason.word", { category: categoryText(t, r.name), text: r.text ?? "" }) +
        (r.way ? t(`order.reason.way.${r.way as "sounded"}`, { defaultValue: "" }) : "")
      );
    case "found":
      return r.text
        ? t("order.reason.found", { detector: detectorText(t, r.name), text: r.text })
        : detectorText(t, r.name);
    case "score":
      return t("order.reason.score", { name: aspectText(t, r.name), n: (r.value ?? 0).toFixed(2) });
    case "expr":
      return r.text ?? "";
    default:
      return r.value !== undefined
        ? t("order.reason.fact", { name: aspectText(t, r.name), value: Number(r.value.toFixed(1)) })
        : t("order.reason.fact", { name: aspectText(t, r.name), value: r.text ?? "" });
  }
}

/** One line of a condition, in words. */
export function testText(t: Words["t"], test: PolicyTest): string {
  if (test.what === "clock") return t("order.test.clock", { from: test.from, to: test.to });
  const name = aspectText(t, test.what);
  const said = (values: readonly string[]) => values.map((v) => valueText(t, test.what, v)).join(t("order.comma"));
  const [yes] = test.any ?? [];
  if (yes === "true" || yes === "false") return t(`order.test.${yes}`, { name });
  const parts = [
    test.any?.length ? t("order.test.any", { name, values: said(test.any) }) : "",
    test.none?.length ? t("order.test.none", { name, values: said(test.none) }) : "",
    test.min !== undefined ? t("order.test.min", { name, n: test.min }) : "",
    test.max !== undefined ? t("order.test.max", { name, n: test.max }) : "",
  ];
  return parts.filter(Boolean).join(t("order.comma"));
}
