import { CaretDownFilled } from "@ant-design/icons";
import type { GroupCard } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { Checkbox } from "antd";
import type { ReactNode } from "react";
import { DataLevel, GapMark, Network } from "../../parts/DataLevel.tsx";
import { type Length, usual } from "../../parts/period.ts";
import type { sorts } from "../../queries.ts";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { change } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./GroupTable.module.css";
import { Needs } from "./Needs.tsx";
import type { Choice } from "./useChoice.ts";

type Sort = (typeof sorts)[number];

interface Props {
  groups: GroupCard[];
  days: Length;
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** Where groups are being chosen: those that are. */
  choice: Choice | undefined;
}

/** Many groups, one line each. The server sorts. */
export function GroupTable({ groups, days, sort, onSort, choice }: Props) {
  const w = useWords();
  const { t } = w;
  const Sorted = ({ by, children }: { by: Sort; children: ReactNode }) => (
    <button type="button" className={`plain ${style.by}`} onClick={() => onSort(by)}>
      {children}
      {sort === by ? <CaretDownFilled aria-hidden="true" className={style.caret} /> : null}
    </button>
  );
  const sorted = (by: Sort) => (sort === by ? (by === "name" ? "ascending" : "descending") : "none");
  return (
    // The table may be wider than the page: it scrolls, and can be scrolled by key.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
    <section className={style.scroll} aria-label={t("overview.view.table")} tabIndex={0}>
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col" aria-sort={sorted("name")}>
              <Sorted by="name">{t("overview.group")}</Sorted>
            </th>
            <th scope="col" aria-sort={sorted("urgent")}>
              <Sorted by="urgent">{t("overview.attention")}</Sorted>
            </th>
            <th scope="col" className={style.number}>
              {t("overview.members")}
            </th>
            <th scope="col" className={style.number} aria-sort={sorted("messages")}>
              <Sorted by="messages">{t("overview.messages")}</Sorted>
            </th>
            <th scope="col" className={style.number}>
              {t("overview.change")}
            </th>
            <th scope="col" className={style.number} aria-sort={sorted("speakers")}>
              <Sorted by="speakers">{t("overview.speakers")}</Sorted>
            </th>
            <th scope="col" className={style.number}>
              {t("overview.flow")}
            </th>
            <th scope="col">{t("overview.trend")}</th>
            <th scope="col">{t("overview.data")}</th>
            <th scope="col" className={style.number} aria-sort={sorted("last")}>
              <Sorted by="last">{t("overview.last")}</Sorted>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((g) => (
            <tr key={g.id}>
              <th scope="row" className={style.name}>
                {choice ? (
                  <Checkbox
                    className={style.choose}
                    checked={choice.ids.has(g.id)}
                    onChange={() => choice.toggle(g.id)}
                    aria-label={t("bulk.chooseOne", { name: g.name })}
                  />
                ) : null}
                <Link
                  to="/groups/$group"
                  params={{ group: g.id }}
                  search={days === usual ? {} : { days }}
                  title={g.name}
                >
                  {g.name}
                </Link>
                <small>
                  <Network name={g.network} />
                </small>
              </th>
              <td className={style.needs}>
                <Needs group={g} />
              </td>
              <td className={style.number}>
                {g.members != null ? (
                  w.exact(g.members)
                ) : (
                  <span className={style.unknown} title={t("why.no_roster")}>
                    {t("unknown.short")}
                  </span>
                )}
              </td>
              <td className={style.number}>{g.data.includes("messages") ? w.exact(g.messages) : t("unknown.short")}</td>
              <td className={style.number}>{change(g.messages, g.messages_before) ?? "—"}</td>
              <td className={style.number}>{g.data.includes("messages") ? w.exact(g.speakers) : t("unknown.short")}</td>
              <td className={style.number}>
                {g.joins == null || g.leaves == null ? (
                  <span className={style.unknown} title={t("why.no_joins")}>
                    {t("unknown.short")}
                  </span>
                ) : (
                  `+${w.exact(g.joins)} / −${w.exact(g.leaves)}`
                )}
              </td>
              <td className={style.spark}>
                <Sparkline
                  height={24}
                  values={g.spark.v}
                  open={!g.gaps.some((x) => x.to >= (g.spark.t.at(-1) ?? ""))}
                  label={t("overview.spark", {
                    name: g.name,
                    n: w.count(g.messages),
                    gaps: g.spark.v.filter((v) => v === null).length,
                  })}
                />
              </td>
              <td>
                <span className={style.data}>
                  <DataLevel data={g.data} />
                  <GapMark gaps={g.gaps} />
                </span>
              </td>
              <td className={style.number}>{g.last_at ? w.when(g.last_at, g.zone) : "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
