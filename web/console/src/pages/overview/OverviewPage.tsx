import { AppstoreOutlined, SearchOutlined, TableOutlined } from "@ant-design/icons";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Segmented, Select } from "antd";
import { useDeferredValue, useState } from "react";
import { PeriodPicker } from "../../parts/PeriodPicker.tsx";
import { type Length, usual } from "../../parts/period.ts";
import { Tiles } from "../../parts/Tiles.tsx";
import { WhoseSwitch } from "../../parts/WhoseSwitch.tsx";
import { type GroupKind, groupKinds } from "../../queries/profile.ts";
import { groups, metrics, narrows, sorts } from "../../queries.ts";
import { SavedViews } from "../../shell/SavedViews.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { BulkBar } from "./BulkBar.tsx";
import { FirstSteps } from "./FirstSteps.tsx";
import { GroupCards } from "./GroupCards.tsx";
import { GroupTable } from "./GroupTable.tsx";
import style from "./OverviewPage.module.css";
import { useChoice } from "./useChoice.ts";

type Filter = "all" | (typeof narrows)[number];

/** All groups: how they are doing over a period, and which to look at. */
export function OverviewPage() {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const { choice, begin, end } = useChoice();
  const search = useSearch({ from: "/inside/groups" });
  const navigate = useNavigate({ from: "/groups" });
  const [typed, setTyped] = useState(search.q ?? "");
  const q = useDeferredValue(typed.trim());
  const [cursors, setCursors] = useState<string[]>([]);

  const filter: Filter = search.only ?? "all";
  const sort = search.sort ?? "urgent";
  const days = (search.days ?? usual) as Length;
  const table = search.view === "table";
  const limit = table ? 100 : 48;
  const query = useQuery(
    groups(community, {
      sort,
      days,
      limit,
      ...(q ? { q } : {}),
      ...(filter !== "all" ? { only: filter } : {}),
      ...(search.kind ? { kind: search.kind } : {}),
      whose: search.whose ?? "auto",
      ...(cursors.length ? { cursor: cursors.at(-1) } : {}),
    }),
  );
  const { data: catalogue } = useQuery(metrics);
  const back = () => setCursors([]);
  const turn = (to: (before: string[]) => string[]) => {
    setCursors(to);
    window.scrollTo({ top: 0 });
  };
  const change = (part: Partial<typeof search>) => {
    back();
    void navigate({ search: (s) => ({ ...s, ...part }), replace: true });
  };

  const data = query.data;
  if (query.error && !data) {
    return <Failed trouble={asProblem(query.error)} onRetry={() => void query.refetch()} />;
  }
  if (data && data.total === 0 && !q && filter === "all" && !search.kind && data.whose === "all" && data.away === 0)
    return <FirstSteps />;

  const shown = data?.groups ?? [];
  const apart = data?.summary.some((n) => n.why === "periods_differ");
  const period = data ? (apart ? t("overview.ownPeriods", { n: days }) : w.days(data.period.from, data.period.to)) : "";
  return (
    <div className={style.page}>
      <header className={style.head}>
        <div>
          <h1>{t("overview.title")}</h1>
          <p className={style.about}>
            {data
              ? t("overview.about", {
                  count: data.total,
                  n: w.count(data.total),
                  period,
                }) +
                (data.urgent > 0 ? ` · ${t("overview.urgent", { count: data.urgent, n: w.count(data.urgent) })}` : "")
              : "\u00a0"}
          </p>
        </div>
        <WhoseSwitch answer={data} asked={search.whose} onChange={(whose) => change({ whose })} />
        <PeriodPicker
          custom={false}
          value={{ days }}
          span={data?.period ?? { from: "", to: "" }}
          onChange={(p) => change({ days: p.days })}
        />
      </header>

      {data ? (
        <Tiles
          numbers={data.summary.filter((n) => n.metric !== "groups")}
          metrics={catalogue ?? []}
          label={t("overview.summary")}
          period={period}
        />
      ) : (
        <Loading rows={2} />
      )}

      <SavedViews
        place="groups"
        search={{ ...search, q: typed.trim() || undefined }}
        onOpen={({ q: text, ...rest }) => {
          setTyped(typeof text === "string" ? text : "");
          back();
          void navigate({ search: rest as typeof search, replace: true });
        }}
      />

      <div className={style.tools}>
        <Input
          className={style.find}
          allowClear
          prefix={<SearchOutlined aria-hidden="true" />}
          placeholder={t("overview.find")}
          aria-label={t("overview.find")}
          value={typed}
          onChange={(e) => {
            setTyped(e.target.value);
            back();
          }}
        />
        <Select<Filter>
          className={style.filter}
          aria-label={t("overview.filter.label")}
          value={filter}
          onChange={(f) => {
            change({ only: f === "all" ? undefined : f });
          }}
          options={(["all", ...narrows] as const).map((f) => ({ value: f, label: t(`overview.filter.${f}`) }))}
        />
        <Select<GroupKind | "">
          className={style.filter}
          aria-label={t("profile.type")}
          value={search.kind ?? ""}
          onChange={(kind) => change({ kind: kind || undefined })}
          options={[
            { value: "" as const, label: t("overview.anyKind") },
            ...groupKinds.map((k) => ({ value: k, label: t(`profile.kind.${k}`) })),
          ]}
        />
        <Select
          className={style.sort}
          aria-label={t("overview.sort.label")}
          value={sort}
          onChange={(s) => change({ sort: s })}
          options={sorts.map((s) => ({ value: s, label: t(`overview.sort.${s}`) }))}
        />
        {may("act") && !choice ? <Button onClick={begin}>{t("bulk.choose")}</Button> : null}
        <Segmented
          className={style.view}
          aria-label={t("overview.view.label")}
          value={table ? "table" : "cards"}
          onChange={(view) => change({ view: view as "table" | "cards" })}
          options={[
            { value: "cards", icon: <AppstoreOutlined aria-hidden="true" />, label: t("overview.view.cards") },
            { value: "table", icon: <TableOutlined aria-hidden="true" />, label: t("overview.view.table") },
          ]}
        />
      </div>

      {choice ? <BulkBar choice={choice} shown={shown} onEnd={end} /> : null}

      {!data ? <Loading rows={8} /> : null}
      {data && shown.length === 0 ? (
        <Empty
          title={t("overview.nothing")}
          actions={
            <Button
              onClick={() => {
                setTyped("");
                change({ only: undefined, kind: undefined, whose: "all" });
              }}
            >
              {t("overview.showAll")}
            </Button>
          }
        />
      ) : null}
      <div className={query.isPlaceholderData ? style.stale : undefined} aria-busy={query.isPlaceholderData}>
        {shown.length > 0 && table ? (
          <GroupTable groups={shown} days={days} sort={sort} onSort={(s) => change({ sort: s })} choice={choice} />
        ) : null}
        {shown.length > 0 && !table ? <GroupCards groups={shown} days={days} choice={choice} /> : null}
      </div>
      {data && (data.next || cursors.length > 0) ? (
        <Pager
          words={t("pager.range", {
            from: w.exact(cursors.length * limit + 1),
            to: w.exact(cursors.length * limit + data.groups.length),
            of: w.exact(data.total),
          })}
          onBack={cursors.length > 0 ? () => turn((c) => c.slice(0, -1)) : undefined}
          onNext={data.next ? () => turn((c) => [...c, data.next as string]) : undefined}
        />
      ) : null}
    </div>
  );
}
