import type { BandReading, GroupCard, Health, Metric } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { BandMark } from "../../parts/BandMark.tsx";
import { valueText, whyText } from "../../parts/NumberTile.tsx";
import { health, type TierName, tier } from "../../queries/health.ts";
import type { Span } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./HealthPanel.module.css";
import { OrderPart } from "./OrderPart.tsx";

interface Props {
  group: GroupCard;
  metrics: Metric[];
  className?: string;
}

/** How the group is doing: its bands, what moves the worst of them, and the people behind. Never a score. */
export function HealthPanel({ group, metrics, className }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(health(community, group.id));
  return (
    <Panel
      title={t("health.title")}
      note={data ? t("health.note", { period: w.days(data.period.from, data.period.to) }) : undefined}
      className={className}
      flush
    >
      {error && !data ? (
        <div className={style.pad}>
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        </div>
      ) : !data ? (
        <div className={style.pad}>
          <Loading rows={6} />
        </div>
      ) : (
        <>
          <Verdict health={data} metrics={metrics} />
          <ul className={style.list}>
            {data.readings.map((r) => (
              <ReadingLine key={r.metric} reading={r} group={group} health={data} metrics={metrics} />
            ))}
          </ul>
        </>
      )}
      <OrderPart group={group} />
    </Panel>
  );
}

export function metricName(w: Words, id: string, metrics: Metric[]): string {
  const m = metrics.find((x) => x.id === id);
  return m ? (w.lang === "zh-CN" ? m.zh : m.en) : id;
}

/** In a sentence: which band is the worst, what moves it, and how old the group is. */
function Verdict({ health: h, metrics }: { health: Health; metrics: Metric[] }) {
  const w = useWords();
  const { t } = w;
  const worst = h.readings.find((r) => r.metric === h.worst);
  const known = h.readings.some((r) => r.band);
  return (
    <div className={style.verdict}>
      {worst ? (
        <p>
          <BandMark band={worst.band} /> {t("health.worst", { name: metricName(w, worst.metric, metrics) })}
          {" · "}
          {t(`lever.${worst.lever}`)}
        </p>
      ) : (
        <p>{known ? t("health.fine") : t("health.young")}</p>
      )}
      {h.stage ? (
        <p className={style.stage}>
          {t(`stage.since.${h.stage.since}`, { n: w.exact(h.stage.age_days) })}
          {t(`stage.${h.stage.by_age}`)}
          {h.stage.course ? ` · ${t(`stage.course.${h.stage.course}`)}` : null}
          {h.stage.differs ? ` · ${t("stage.differs")}` : null}
        </p>
      ) : null}
    </div>
  );
}

interface LineProps {
  reading: BandReading;
  group: GroupCard;
  health: Health;
  metrics: Metric[];
}

function ReadingLine({ reading: r, group, health: h, metrics }: LineProps) {
  const w = useWords();
  const { t } = w;
  const [open, setOpen] = useState(false);
  const metric = metrics.find((m) => m.id === r.metric);
  const name = metricName(w, r.metric, metrics);
  const text = (value: number | null, of?: number) =>
    valueText(w, { metric: r.metric, value, of, before: null, partial: false }, metric);
  const weeks = [...r.weeks, r.value];
  return (
    <li className={style.item}>
      <button type="button" className={`plain ${style.line}`} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={style.name}>{name}</span>
        <span className={r.value === null ? style.unknown : style.value}>{text(r.value, r.of)}</span>
        <span className={style.band}>
          <BandMark band={r.band} />
        </span>
        <span className={style.spark}>
          {weeks.some((v) => v !== null) ? (
            <Sparkline height={24} values={weeks} label={t("health.weeks", { name, n: weeks.length })} />
          ) : null}
        </span>
        <span className={style.course}>
          {r.course
            ? t(`health.course.${r.course}`)
            : r.value === null
              ? whyText(w, r.why)
              : r.weeks.includes(null)
                ? t("health.noCourse")
                : null}
        </span>
      </button>
      {open ? (
        <div className={style.more}>
          {metric ? <p>{w.lang === "zh-CN" ? metric.formula.zh : metric.formula.en}</p> : null}
          {r.why === "members_seen" ? <p>{t("why.members_seen")}</p> : null}
          {r.judged.length > 0 ? (
            <ul>
              {r.judged.map((j) => (
                <li key={j.by}>
                  {t(`health.by.${j.by}`)}
                  {t("health.colon")}
                  <BandMark band={j.band} />{" "}
                  <span className={style.cuts}>
                    {(["alert", "watch", "excellent"] as const)
                      .filter((k) => j.cuts[k] != null)
                      .map((k) => t(`health.cut.${k}.${r.better}`, { n: text(j.cuts[k] ?? null) }))
                      .join(" · ")}
                  </span>
                  {j.counts ? null : <span className={style.aside}> {t("health.beside")}</span>}
                </li>
              ))}
            </ul>
          ) : null}
          {r.peers > 0 ? (
            <p>{t("health.ahead", { count: r.peers, ahead: w.exact(r.ahead), peers: w.exact(r.peers) })}</p>
          ) : null}
          <p>{t(`lever.${r.lever}`)}</p>
          <Behind reading={r} group={group} health={h} />
        </div>
      ) : null}
    </li>
  );
}

/** Which people are behind a metric; of others, the week's messages are. */
const tiers: Record<string, TierName> = {
  silent_share: "silent",
  few_share: "few",
  kol_output: "kol",
  kol_share: "kol",
};

function Behind({ reading, group, health: h }: { reading: BandReading; group: GroupCard; health: Health }) {
  const { t } = useWords();
  const of = tiers[reading.metric];
  if (of) return <People group={group} of={of} />;
  return (
    <p>
      <Link to="/messages" search={{ group: group.id, from: h.period.from, to: h.period.to }}>
        {t("health.messages")}
      </Link>
    </p>
  );
}

/** Who is in a tier in some days, or at the end of the last whole one. */
export function People({ group, of, days }: { group: GroupCard; of: TierName; days?: Span }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(tier(community, group.id, of, days));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={2} />;
  if (data.people.length === 0) return <p>{t("health.nobody")}</p>;
  return (
    <div>
      <p>{t(`tier.${of}`, { count: data.total, n: w.exact(data.total) })}</p>
      <ul className={style.people}>
        {data.people.map((p) => (
          <li key={p.person}>
            {p.last_at ? (
              <Link
                to="/messages"
                search={{ group: group.id, person: p.person }}
                title={t("tier.last", { when: w.when(p.last_at, group.zone) })}
              >
                {p.name || t("message.nameless")}
              </Link>
            ) : (
              <Link to="/people/$person" params={{ person: p.person }} title={t("tier.never")}>
                {p.name || t("message.nameless")}
              </Link>
            )}
          </li>
        ))}
        {data.total > data.people.length ? (
          <li>{t("tier.rest", { n: w.exact(data.total - data.people.length) })}</li>
        ) : null}
      </ul>
    </div>
  );
}
