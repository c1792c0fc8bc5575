import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { health } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { dayOf, whole } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { beginning, day, missed, onlineShare, stretches } from "./timeline.ts";

const states = ["online", "degraded", "waiting", "offline", "unknown"] as const;

/** How a connection was in the last 30 days, and when events may have been missed. */
export function HealthTimeline({ name }: { name: string }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { data, error, refetch, dataUpdatedAt } = useQuery(health(community, name));
  if (!data) {
    return (
      <Panel title={t("timeline.title")}>
        {error ? <Failed trouble={asProblem(error)} onRetry={() => void refetch()} /> : <Loading rows={2} />}
      </Panel>
    );
  }
  const now = dataUpdatedAt;
  const from = beginning(data, now);
  const shownTime = now - from;
  const list = stretches(data, from, now);
  const gaps = missed(data, from);
  // What lasts until now hangs on the right edge, where even a moment stays in sight.
  const place = (a: number, b: number) => ({
    ...(b === now ? { right: 0 } : { left: `${((a - from) / shownTime) * 100}%` }),
    width: `${((b - a) / shownTime) * 100}%`,
  });
  const share = onlineShare(list);
  const summary = [
    share === undefined ? t("timeline.nothing") : t("timeline.online", { share: w.percent(share) }),
    gaps.length > 0 ? t("timeline.gaps", { count: gaps.length }) : "",
  ].join(" ");
  return (
    <Figure
      title={t("timeline.title")}
      note={summary}
      table={{
        head: [t("timeline.at"), t("timeline.state"), t("timeline.missed"), t("timeline.why")],
        rows: data.timeline.map((m) => [
          whole(m.at, zone),
          t(`connections.state.${m.state}`),
          m.missed_from ? t("timeline.from", { at: whole(m.missed_from, zone) }) : "–",
          m.why ?? "",
        ]),
      }}
    >
      <div className={style.strip} role="img" aria-label={`${t("timeline.title")} ${summary}`}>
        {list.map((s) => (
          <div
            key={s.from}
            className={`${style.stretch} ${style[`is_${s.state}`]}`}
            style={place(s.from, s.to)}
            title={`${t(`connections.state.${s.state}`)} · ${w.when(s.from, zone)} – ${w.when(s.to, zone)}`}
          />
        ))}
        {gaps.map((g) => (
          <div
            key={`gap ${g.from}`}
            className={`${style.missed} hatched`}
            style={place(g.from, g.to)}
            title={`${t("timeline.missed")} · ${w.when(g.from, zone)} – ${w.when(g.to, zone)}`}
          />
        ))}
      </div>
      <p className={style.ends} aria-hidden="true">
        <span>{shownTime < day ? w.when(from, zone) : w.day(dayOf(from, zone))}</span>
        <span>{t("timeline.now")}</span>
      </p>
      <ul className={style.legend} aria-hidden="true">
        {states
          .filter((state) => list.some((s) => s.state === state))
          .map((state) => (
            <li key={state}>
              <i className={style[`is_${state}`]} /> {t(`connections.state.${state}`)}
            </li>
          ))}
        {gaps.length > 0 ? (
          <li>
            <i className="hatched" /> {t("timeline.missed")}
          </li>
        ) : null}
      </ul>
    </Figure>
  );
}
