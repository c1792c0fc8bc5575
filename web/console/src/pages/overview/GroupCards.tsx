import type { GroupCard } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { Checkbox } from "antd";
import { DataLevel, GapMark, Network } from "../../parts/DataLevel.tsx";
import { type Length, usual } from "../../parts/period.ts";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { change } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./GroupCards.module.css";
import { Needs } from "./Needs.tsx";
import type { Choice } from "./useChoice.ts";

interface Props {
  groups: GroupCard[];
  days: Length;
  /** Where groups are being chosen: those that are. */
  choice: Choice | undefined;
}

export function GroupCards({ groups, days, choice }: Props) {
  return (
    <ul className={style.cards}>
      {groups.map((g) => (
        <li key={g.id}>
          <Card group={g} days={days} choice={choice} />
        </li>
      ))}
    </ul>
  );
}

/** What cannot be known, with the reason on hover. */
function Unknown({ why }: { why: string }) {
  const { t } = useWords();
  return (
    <span className={style.unknown} title={why}>
      {t("unknown.short")}
    </span>
  );
}

function Card({ group: g, days, choice }: { group: GroupCard; days: Length; choice: Choice | undefined }) {
  const w = useWords();
  const { t } = w;
  const silent = !g.data.includes("messages");
  const by = change(g.messages, g.messages_before);
  return (
    <article className={choice?.ids.has(g.id) ? `${style.card} ${style.chosen}` : style.card}>
      {choice ? (
        <Checkbox
          className={style.choose}
          checked={choice.ids.has(g.id)}
          onChange={() => choice.toggle(g.id)}
          aria-label={t("bulk.chooseOne", { name: g.name })}
        />
      ) : null}
      <header className={style.head}>
        <h2>
          <Link
            to="/groups/$group"
            params={{ group: g.id }}
            search={days === usual ? {} : { days }}
            className={style.name}
            title={g.name}
          >
            {g.name}
          </Link>
        </h2>
        <p className={style.meta}>
          <Network name={g.network} />
          <span aria-hidden="true">·</span>
          {g.members != null ? (
            <span>{w.people(g.members)}</span>
          ) : (
            <span title={t("why.no_roster")}>{t("overview.membersUnknown", { n: w.count(g.seen) })}</span>
          )}
        </p>
        <Needs group={g} />
      </header>
      <dl className={style.numbers}>
        <div>
          <dt>{t("overview.messages")}</dt>
          <dd>
            {silent ? (
              <Unknown why={t("why.no_messages")} />
            ) : (
              <>
                <span className={style.value}>{w.count(g.messages)}</span>{" "}
                {by ? <span className={style.change}>{by}</span> : null}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>{t("overview.speakers")}</dt>
          <dd>
            {silent ? (
              <Unknown why={t("why.no_messages")} />
            ) : (
              <span className={style.value}>{w.people(g.speakers)}</span>
            )}
          </dd>
        </div>
        <div>
          <dt>{t("overview.flow")}</dt>
          <dd className={style.value}>
            {g.joins == null || g.leaves == null ? (
              <Unknown why={t("why.no_joins")} />
            ) : (
              <>
                +{w.count(g.joins)} / −{w.count(g.leaves)}
              </>
            )}
          </dd>
        </div>
      </dl>
      <Sparkline
        values={g.spark.v}
        open={!g.gaps.some((x) => x.to >= (g.spark.t.at(-1) ?? ""))}
        label={t("overview.spark", {
          name: g.name,
          n: w.count(g.messages),
          gaps: g.spark.v.filter((v) => v === null).length,
        })}
      />
      <footer className={style.foot}>
        <DataLevel data={g.data} />
        <GapMark gaps={g.gaps} />
        <span className={style.last}>{g.last_at ? w.when(g.last_at, g.zone) : null}</span>
      </footer>
    </article>
  );
}
