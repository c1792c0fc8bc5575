import type { Metric, Num } from "@qunying/api/model";
import { Popover } from "antd";
import { change, points } from "../words/format.ts";
import { useWords, type Words } from "../words/useWords.ts";
import { bandOf } from "./bands.ts";
import style from "./NumberTile.module.css";

interface Props {
  number: Num;
  metric: Metric | undefined;
  /** What of the period the number rests on, in words. */
  coverage?: string;
  period?: string;
  /** Opens what is behind the number. */
  onOpen?: () => void;
}

/** Shares whose denominator is people: with few of them they are written as people. */
const ofPeople = new Set([
  "activity_rate",
  "speaking_share",
  "silent_share",
  "next_week_retention",
  "membership_retention",
  "next_day_retention",
  "next_month_retention",
  "leave_rate",
  "weekly_leave_rate",
  "few_share",
  "kol_share",
  "isolated_share",
]);

/** A metric's value as people read it: with its unit, or with its small denominator. */
export function valueText(w: Words, number: Num, metric: Metric | undefined): string {
  if (number.value == null) return w.t("unknown.short");
  switch (metric?.unit) {
    case "share":
      return ofPeople.has(number.metric) ? w.share(number.value, number.of) : w.percent(number.value);
    case "persons":
      return w.people(number.value);
    case "minutes":
      return w.t("unit.minutes", {
        n: number.value < 10 ? number.value.toFixed(1) : w.count(Math.round(number.value)),
      });
    case "days":
      return w.t("unit.days", { n: w.count(number.value) });
    default:
      return w.count(number.value);
  }
}

/** The same reason means another thing for a metric that needs joins. */
function reasonOf(number: Num, metric: Metric | undefined): string | undefined {
  return number.why === "no_roster" && metric?.needs.includes("joins") ? "no_joins" : number.why;
}

export function whyText(w: Words, why: string | undefined): string {
  switch (why) {
    case "no_roster":
    case "no_messages":
    case "no_joins":
    case "gap":
    case "no_replies":
    case "too_young":
    case "members_seen":
    case "periods_differ":
    case "part_of_groups":
      return w.t(`why.${why}`);
    default:
      return w.t("why.unknown");
  }
}

/** One number. Hover, focus or touch tells its formula, source and coverage; a click opens what is behind it. */
export function NumberTile({ number, metric, coverage, period, onOpen }: Props) {
  const w = useWords();
  const name = metric ? (w.lang === "zh-CN" ? metric.zh : metric.en) : number.metric;
  const known = number.value != null;
  const by =
    metric?.unit === "share"
      ? points(number.value, number.before)?.concat(w.t("change.points"))
      : change(number.value, number.before);
  const alike = number.like ? change(number.like.value, number.like.before) : undefined;
  const reason = reasonOf(number, metric);
  const band = bandOf(number.value, metric?.references);
  return (
    <Popover
      // Where a click opens more, focus, which comes with it, tells nothing on the way.
      trigger={onOpen ? "hover" : ["hover", "focus"]}
      mouseEnterDelay={0.25}
      placement="bottomLeft"
      content={<Explained number={number} metric={metric} coverage={coverage} period={period} />}
    >
      <button type="button" className={known ? style.tile : `${style.tile} ${style.blank}`} onClick={onOpen}>
        <span className={style.name}>{name}</span>
        <span className={known ? style.value : style.unknown}>
          {valueText(w, number, metric)}
          {band ? (
            <span className={`${style.band} ${style[band]}`}>
              {w.t("band.byReference", { band: w.t(`band.${band}`) })}
            </span>
          ) : null}
        </span>
        <span className={style.below}>
          {known ? (
            by ? (
              <>
                <span className="figures">{by}</span> {w.t("change.before")}
              </>
            ) : alike ? (
              <>
                <span className="figures">{alike}</span> {w.t("change.alike", { count: number.like?.groups ?? 0 })}
              </>
            ) : number.why === "members_seen" ? (
              w.t("why.membersSeenShort")
            ) : (
              w.t("change.none")
            )
          ) : (
            whyText(w, reason)
          )}
        </span>
      </button>
    </Popover>
  );
}

export function Explained({ number, metric, coverage, period }: Props) {
  const w = useWords();
  const zh = w.lang === "zh-CN";
  const limit = (n: number) => (metric?.unit === "share" ? w.percent(n) : w.exact(n));
  return (
    <dl className={style.explained}>
      {metric ? (
        <>
          <dt>{w.t("number.formula")}</dt>
          <dd>{zh ? metric.formula.zh : metric.formula.en}</dd>
        </>
      ) : null}
      {number.value != null ? (
        <>
          <dt>{w.t("number.value")}</dt>
          <dd className="figures">
            {metric?.unit === "share" ? w.percent(number.value) : w.exact(number.value)}
            {number.of != null ? ` · ${w.t("number.of", { n: w.exact(number.of) })}` : null}
            {number.before != null
              ? ` · ${w.t("number.before", { n: metric?.unit === "share" ? w.percent(number.before) : w.exact(number.before) })}`
              : null}
          </dd>
        </>
      ) : null}
      {number.why ? (
        <>
          <dt>{w.t(number.value == null ? "number.why" : "number.mind")}</dt>
          <dd>{whyText(w, reasonOf(number, metric))}</dd>
        </>
      ) : null}
      {period ? (
        <>
          <dt>{w.t("number.period")}</dt>
          <dd>{period}</dd>
        </>
      ) : null}
      {coverage ? (
        <>
          <dt>{w.t("number.coverage")}</dt>
          <dd>{coverage}</dd>
        </>
      ) : null}
      {number.partial && number.value != null ? (
        <>
          <dt>{w.t("number.mind")}</dt>
          <dd>{w.t("number.partial")}</dd>
        </>
      ) : null}
      {metric && metric.source.length > 0 ? (
        <>
          <dt>{w.t("number.source")}</dt>
          <dd>{metric.source.join(" · ")}</dd>
        </>
      ) : null}
      {metric?.references?.length ? (
        <>
          <dt>{w.t("number.refs")}</dt>
          <dd>
            {metric.references.map((r) => (
              <span key={r.band} className={`${style.ref} ${style[r.band]}`}>
                {w.t(`band.${r.band}`)}{" "}
                {[r.above != null ? `≥ ${limit(r.above)}` : "", r.below != null ? `< ${limit(r.below)}` : ""]
                  .filter(Boolean)
                  .join(" ")}
              </span>
            ))}
          </dd>
        </>
      ) : null}
    </dl>
  );
}
