import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Select, Tabs } from "antd";
import { PeriodPicker } from "../../parts/PeriodPicker.tsx";
import { spanOf } from "../../parts/period.ts";
import { asked, type ExploreSearch, exploreSearch, type Tab, tabs } from "../../queries/explore.ts";
import { groupSets } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { SavedViews } from "../../shell/SavedViews.tsx";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { CohortsTab } from "./CohortsTab.tsx";
import style from "./Explore.module.css";
import { FunnelTab } from "./FunnelTab.tsx";
import { QueryTab } from "./QueryTab.tsx";
import { ready } from "./ready.ts";

/** Questions of one's own about people and numbers. The address holds the question. */
export function ExplorePage() {
  const { t } = useWords();
  const { community } = useHere();
  const search = useSearch({ from: "/inside/explore" });
  const navigate = useNavigate({ from: "/explore" });
  const open = (to: ExploreSearch) => void navigate({ search: to });
  const change = (to: Partial<ExploreSearch>) =>
    void navigate({
      search: (was: ExploreSearch) => exploreSearch({ ...was, ...to } as Record<string, unknown>),
      replace: true,
    });
  const tab = search.tab ?? "funnel";
  // A small question tells up to which day anything is known.
  const known = useQuery(asked(community, { metrics: ["messages"] }));
  const span = known.data ? spanOf(search, known.data.period.to, undefined) : undefined;
  const asking = JSON.stringify(search);
  return (
    <div className={style.page}>
      <header>
        <h1>{t("explore.title")}</h1>
        <p className={style.faint}>{t("explore.about")}</p>
      </header>
      <Parts of="insight" />
      <Panel title={t("explore.readyTitle")}>
        <ul className={style.ready}>
          {ready(t("explore.checkInWord")).map((q) => (
            <li key={q.name}>
              <Link
                to="/explore"
                search={q.search}
                aria-current={asking === JSON.stringify(exploreSearch({ ...q.search })) ? "true" : undefined}
                activeProps={{ "aria-current": undefined }}
              >
                {t(`explore.ready.${q.name}`)}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
      <SavedViews place="explore" search={search} onOpen={(s) => open(exploreSearch(s))} />
      <div className={style.row}>
        <PeriodPicker
          value={search}
          span={span ?? { from: "", to: "" }}
          onChange={(p) => change({ days: undefined, from: undefined, to: undefined, ...p })}
        />
        <ScopeChoice search={search} onChange={change} />
      </div>
      <Tabs
        activeKey={tab}
        onChange={(key) => change({ tab: tabs.find((x): x is Tab => x === key) })}
        items={tabs.map((key) => ({ key, label: t(`explore.${key}`) }))}
      />
      {known.error ? (
        <Failed trouble={asProblem(known.error)} onRetry={() => void known.refetch()} />
      ) : !span ? (
        <Loading rows={10} />
      ) : tab === "funnel" ? (
        <FunnelTab search={search} span={span} onChange={change} />
      ) : tab === "cohorts" ? (
        <CohortsTab search={search} span={span} onChange={change} />
      ) : (
        <QueryTab search={search} span={span} onChange={change} />
      )}
    </div>
  );
}

/** Which groups: all, a set, or one. */
function ScopeChoice({ search, onChange }: { search: ExploreSearch; onChange: (to: Partial<ExploreSearch>) => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const groups = useGroupChoices(search.group);
  const { data: sets } = useQuery(groupSets(community));
  return (
    <>
      <Select
        className={style.pick}
        aria-label={t("explore.group")}
        placeholder={t("explore.allGroups")}
        allowClear
        value={search.group}
        options={groups.options}
        showSearch={groups.showSearch}
        onChange={(group: number | undefined) => {
          groups.forget();
          onChange({ group, set: undefined });
        }}
      />
      {(sets?.sets ?? []).length > 0 ? (
        <Select
          className={style.pick}
          aria-label={t("explore.set")}
          placeholder={t("explore.anySet")}
          allowClear
          value={search.set}
          options={(sets?.sets ?? []).map((s) => ({ value: s.id, label: s.name }))}
          onChange={(set: number | undefined) => onChange({ set, group: undefined })}
        />
      ) : null}
    </>
  );
}
