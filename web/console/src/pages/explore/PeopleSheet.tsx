import type { FunnelPeople } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { funnelPeople } from "../../queries/explore.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Explore.module.css";
import { TakeFile } from "./Tools.tsx";

interface Props {
  asks: FunnelPeople;
  title: string;
  onClose: () => void;
}

/** Who is in a step of a funnel. */
export function PeopleSheet({ asks, title, onClose }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { data, error, refetch } = useQuery(funnelPeople(community, asks));
  return (
    <Sheet title={title} width={480} extra={<TakeFile what={{ of: "funnel", body: asks }} />} onClose={onClose}>
      {error ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : data.people.length === 0 ? (
        <Empty title={t("explore.nobody")} />
      ) : (
        <>
          <p className={style.faint}>
            {data.total > data.people.length
              ? t("explore.someOf", { n: w.exact(data.people.length), of: w.exact(data.total) })
              : t("unit.people", { n: w.exact(data.total) })}
          </p>
          <ul className={style.people}>
            {data.people.map((p) => (
              <li key={`${p.person} ${p.group ?? 0}`}>
                <Link to="/people/$person" params={{ person: p.person }}>
                  {p.name || `#${p.person}`}
                </Link>
                {p.group_name ? <span className={style.faint}> · {p.group_name}</span> : null}
                <p className={style.faint}>
                  {p.at.map((at, i) => `${i + 1}. ${w.when(at, zone)}`).join(" → ")}
                  {p.open ? ` · ${t("explore.stillOpen")}` : ""}
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
    </Sheet>
  );
}
