import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { overlap } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { ShareBar } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Lists.module.css";

/** Which other groups the people of this one are in as well. */
export function OverlapPanel({ group, className }: { group: GroupCard; className?: string }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(overlap(community, group.id));
  return (
    <Panel
      title={t("overlap.title")}
      className={className}
      note={
        data && data.people > 0
          ? t(data.listed ? "overlap.note" : "overlap.noteSeen", {
              n: w.count(data.people),
              alone: w.count(data.alone),
            })
          : undefined
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : data.groups.length === 0 ? (
        <Empty title={t("overlap.none")}>{t("overlap.noneTeach")}</Empty>
      ) : (
        <ol className={style.list}>
          {data.groups.map((g) => (
            <li key={g.group}>
              <Link
                to="/groups/$group"
                params={{ group: g.group }}
                search={{}}
                className={style.line}
                title={t("overlap.line", { n: w.exact(g.shared), name: g.name, share: w.percent(g.share) })}
              >
                <span className={style.name}>{g.name}</span>
                <ShareBar share={g.share} />
                <span className={style.number}>{w.exact(g.shared)}</span>
                <span className={style.share}>{w.percent(g.share)}</span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
