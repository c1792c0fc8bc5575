import type { Coverage } from "@qunying/api/model";
import { Tooltip } from "antd";
import { addDays, dayOf, dayShare, daysBetween } from "../words/time.ts";
import { useWords } from "../words/useWords.ts";
import style from "./CoverageStrip.module.css";

interface Props {
  coverage: Coverage;
  zone: string;
  span: { from: string; to: string };
}

/** From the first message to the last: which days are there, which are missing, and what the period shows of it. */
export function CoverageStrip({ coverage, zone, span }: Props) {
  const w = useWords();
  const { t } = w;
  if (!coverage.first_at) return null;
  const first = dayOf(coverage.first_at, zone);
  const last = dayOf(coverage.last_at, zone);
  const end = span.to > last ? span.to : last;
  const total = daysBetween(first, end);
  const place = (from: string, to: string) => ({
    left: `${((daysBetween(first, from) - 1) / total) * 100}%`,
    width: `${(Math.max(1, daysBetween(from, to)) / total) * 100}%`,
  });
  const moment = (at: number) => ((daysBetween(first, dayOf(at, zone)) - 1 + dayShare(at, zone)) / total) * 100;
  const short = coverage.partial.filter((p) => p.why === "away");
  const missing = coverage.gaps.reduce((sum, g) => sum + g.days, 0);
  const whole = daysBetween(first, last);
  const label = t("coverage.label", {
    from: w.day(first),
    to: w.day(last),
    n: whole - missing,
    of: whole,
  });
  const start = span.from < first ? first : span.from;
  return (
    <section className={style.strip} aria-label={t("coverage.title")}>
      <p className={style.words}>
        <span className={style.title}>{t("coverage.title")}</span> {label}
        {short.length > 0 ? (
          <span className={style.sources}>{t("coverage.short", { count: short.length })}</span>
        ) : null}
        {coverage.sources.length > 0 ? (
          <span className={style.sources}>
            {coverage.sources
              .map((s) => `${s.name} (${t("coverage.messages", { n: w.count(s.messages) })})`)
              .join(" · ")}
          </span>
        ) : null}
      </p>
      <div className={style.bar}>
        <div className={style.there} style={place(first, last)} />
        {coverage.gaps.map((g) => (
          <Tooltip
            key={g.from}
            title={`${w.days(g.from, g.to)} · ${t(`gap.${g.kind}`)}${g.chance ? ` · ${t("gap.chance", { p: chanceText(g.chance) })}` : ""}`}
          >
            <div className={`${style.gap} hatched`} style={place(g.from, g.to)} />
          </Tooltip>
        ))}
        {coverage.partial.map((p) => (
          <Tooltip
            key={`${p.why} ${p.from}`}
            title={`${w.when(p.from, zone)} – ${p.to > 0 ? w.when(p.to, zone) : t("coverage.still")} · ${t(p.why === "away" ? "coverage.away" : "coverage.refused")}`}
          >
            <div
              className={p.why === "away" ? `${style.gap} ${style.short} hatched` : style.refused}
              style={{
                left: `${Math.max(0, moment(p.from))}%`,
                width: `${Math.max(0, moment(p.to || Date.now()) - moment(p.from))}%`,
              }}
            />
          </Tooltip>
        ))}
        {start <= end ? <div className={style.window} style={place(start, span.to)} /> : null}
      </div>
      <p className={style.ends} aria-hidden="true">
        <span>{w.day(first)}</span>
        <span>{w.day(end === last ? last : addDays(end, 0))}</span>
      </p>
    </section>
  );
}

/** A small probability: never more digits than it deserves. */
function chanceText(p: number): string {
  return p < 0.001 ? "< 0.1%" : `${(p * 100).toFixed(1)}%`;
}
