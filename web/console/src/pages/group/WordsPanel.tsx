import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Span, words } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { ShareBar } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { change } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Lists.module.css";

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

/** What the group talks about (S75): a word leads to its messages. */
export function WordsPanel({ group, span, className }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(words(community, group.id, { ...span, limit: 10 }));
  const most = data?.[0]?.count || 1;
  return (
    <Panel title={t("hot.title")} className={className} note={t("hot.note")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : data.length === 0 ? (
        <Empty title={t("hot.none")}>{t("hot.noneTeach")}</Empty>
      ) : (
        <ol className={style.list}>
          {data.map((h) => (
            <li key={h.word}>
              <Link
                to="/messages"
                search={{ q: h.word, group: group.id, from: span.from, to: span.to }}
                className={style.line}
              >
                <span className={style.name}>
                  {h.word}
                  {h.new ? (
                    <span className={style.new} title={t("hot.newTeach")}>
                      {t("hot.new")}
                    </span>
                  ) : null}
                </span>
                <ShareBar share={h.count / most} />
                <span className={style.number}>{w.exact(h.count)}</span>
                <span className={style.share}>
                  {change(h.count, h.before) ?? (h.before === 0 ? t("hot.unsaid") : "—")}
                </span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
