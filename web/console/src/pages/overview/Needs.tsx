import type { GroupCard } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { BandMark } from "../../parts/BandMark.tsx";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Needs.module.css";

/** Why a group needs people: what fires and waits, its worst band and what moves it. */
export function Needs({ group: g }: { group: GroupCard }) {
  const { t } = useWords();
  const { may } = useHere();
  const bad = g.band === "alert" || g.band === "watch";
  if (!bad && !g.alerts && !g.tasks && !g.reviews) return null;
  return (
    <span className={style.line}>
      {bad ? <BandMark band={g.band} /> : null}
      {g.alerts ? (
        <Link to="/alerts" search={{}}>
          {t("overview.needs.alerts", { count: g.alerts })}
        </Link>
      ) : null}
      {g.reviews && may("moderation.view") ? (
        <Link to="/moderation" search={{}}>
          {t("overview.needs.reviews", { count: g.reviews })}
        </Link>
      ) : null}
      {g.tasks ? (
        <Link to="/tasks" search={{ group: g.id }}>
          {t("overview.needs.tasks", { count: g.tasks })}
        </Link>
      ) : null}
      {bad && g.lever ? <span className={style.lever}>{t(`lever.${g.lever as "topics"}`)}</span> : null}
    </span>
  );
}
