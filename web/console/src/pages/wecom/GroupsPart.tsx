import type { CountedDay, OwnedGroup } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { countedDays, ownedGroups } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

/** The customer groups with owners and quota, and what WeCom counted of them. */
export function GroupsPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(ownedGroups(community, name));
  const why = data?.find((g) => g.quota_why)?.quota_why;
  return (
    <div className={style.parts}>
      <Panel title={t("wecom.groups.title")} note={t("wecom.groups.note")}>
        {why ? <p className={style.note}>{t("wecom.groups.quotaWhy", { why })}</p> : null}
        {error && !data ? (
          <Refused error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={5} />
        ) : data.length === 0 ? (
          <Empty title={t("wecom.groups.none")}>{t("wecom.groups.noneTeach")}</Empty>
        ) : (
          <ul className={style.list}>
            {data.map((g) => (
              <li key={g.group}>
                <GroupLine group={g} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Counts name={name} />
    </div>
  );
}

function GroupLine({ group: g }: { group: OwnedGroup }) {
  const w = useWords();
  const { t } = w;
  return (
    <div className={style.line}>
      <div className={style.words}>
        <p className={style.name}>
          {g.id > 0 ? (
            <Link to="/groups/$group" params={{ group: g.id }} search={{}}>
              {g.name || g.group}
            </Link>
          ) : (
            g.name || g.group
          )}
        </p>
        <p className={style.faint}>
          {[
            g.owner ? t("wecom.groups.owner", { owner: g.owner }) : t("wecom.groups.unread"),
            g.members > 0 ? t("wecom.groups.members", { count: g.members, n: w.exact(g.members) }) : "",
            g.id > 0 ? "" : t("wecom.groups.strange"),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <p>
        {g.state === "owned" ? null : (
          <span className={g.state === "resigned" ? style.alert : style.watch}>{t(`wecom.state.${g.state}`)} </span>
        )}
        {g.of > 0 ? (
          <span className={g.left === 0 ? style.alert : style.soft}>
            {t("wecom.groups.left", { left: g.left, of: g.of })}
          </span>
        ) : (
          <span className={style.faint}>{t("wecom.groups.quotaUnknown")}</span>
        )}
      </p>
    </div>
  );
}

function Counts({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const [days, setDays] = useState(14);
  const { data, error, refetch } = useQuery(countedDays(community, name, days));
  return (
    <Panel title={t("wecom.counts.title")} note={t("wecom.counts.note")} flush>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
          <section className={style.scroll} tabIndex={0} aria-label={t("wecom.counts.title")}>
            <table className={style.table}>
              <thead>
                <tr>
                  <th scope="col">{t("wecom.counts.day")}</th>
                  {columns.map((c) => (
                    <th key={c} scope="col">
                      {t(`wecom.counts.${c}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {[...data].reverse().map((d) => (
                  <Day key={d.day} day={d} />
                ))}
              </tbody>
            </table>
          </section>
          <p className={style.scroll}>
            <Button size="small" onClick={() => setDays(days === 14 ? 90 : 14)}>
              {t(days === 14 ? "wecom.counts.more" : "wecom.counts.fewer")}
            </Button>
          </p>
        </>
      )}
    </Panel>
  );
}

const columns = ["groups", "members", "newMembers", "speakers", "messages"] as const;

function Day({ day: d }: { day: CountedDay }) {
  const w = useWords();
  const { t } = w;
  const theirs = d.theirs;
  const pair = (their: number | undefined, our: number | undefined) => (
    <td>
      {theirs ? w.exact(their ?? 0) : <span className={style.faint}>–</span>}{" "}
      <span className={style.faint}>
        {our === undefined ? t("wecom.counts.unknown") : t("wecom.counts.ours", { n: w.exact(our) })}
      </span>
    </td>
  );
  return (
    <tr>
      <th scope="row">{w.day(d.day)}</th>
      <td>{theirs ? w.exact(theirs.groups) : <span className={style.faint}>{t("wecom.counts.missing")}</span>}</td>
      <td>{theirs ? w.exact(theirs.members) : "–"}</td>
      {pair(theirs?.new_members, d.ours?.joined)}
      {pair(theirs?.speaking_members, d.read ? d.ours?.speakers : undefined)}
      {pair(theirs?.messages, d.read ? d.ours?.messages : undefined)}
    </tr>
  );
}
