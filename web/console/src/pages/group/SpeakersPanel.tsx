import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Span, speakers } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { ShareBar } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Lists.module.css";

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

/** Who carries the group: the share of its messages that few people write. */
export function SpeakersPanel({ group, span, className }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(speakers(community, group.id, { ...span, limit: 8 }));
  const top = data?.speakers ?? [];
  const most = top[0]?.share || 1;
  const carried = top.reduce((sum, s) => sum + s.share, 0);
  return (
    <Panel
      title={t("speakers.title")}
      className={className}
      note={
        top.length === 0
          ? undefined
          : data?.others.persons === 0
            ? t("speakers.noteAll", { count: top.length })
            : t("speakers.note", { n: top.length, share: w.percent(carried) })
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : top.length === 0 ? (
        <Empty title={t("state.noMessages")}>{t("state.otherPeriod")}</Empty>
      ) : (
        <ol className={style.list}>
          {top.map((s) => (
            <li key={s.person}>
              <Link
                to="/messages"
                search={{ group: group.id, person: s.person, from: span.from, to: span.to }}
                className={style.line}
                title={t("speakers.title2", { name: s.name, days: s.days, when: w.when(s.last_at, group.zone) })}
              >
                <span className={style.name}>{s.name || t("message.nameless")}</span>
                <ShareBar share={s.share / most} />
                <span className={style.number}>{w.exact(s.messages)}</span>
                <span className={style.share}>{w.percent(s.share)}</span>
              </Link>
            </li>
          ))}
          {data.others.persons > 0 ? (
            <li>
              <div className={`${style.line} ${style.rest}`}>
                <span className={style.name}>
                  {t("speakers.others", { count: data.others.persons, n: w.exact(data.others.persons) })}
                </span>
                <ShareBar share={Math.min(1, data.others.share / most)} quiet />
                <span className={style.number}>{w.exact(data.others.messages)}</span>
                <span className={style.share}>{w.percent(data.others.share)}</span>
              </div>
            </li>
          ) : null}
        </ol>
      )}
    </Panel>
  );
}
