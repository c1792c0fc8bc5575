import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select } from "antd";
import { onlySome, type PeopleFilter, people, tags } from "../../queries/people.ts";
import { SavedViews } from "../../shell/SavedViews.tsx";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Line } from "./Line.tsx";
import style from "./People.module.css";

/** Everybody over all groups, by any name they ever had. */
export function PeoplePage() {
  const w = useWords();
  const { t } = w;
  const { community, staff } = useHere();
  const filter = useSearch({ from: "/inside/people" });
  const navigate = useNavigate({ from: "/people" });
  const set = (change: Partial<PeopleFilter>) =>
    void navigate({ search: (was: PeopleFilter) => ({ ...was, ...change }), replace: true });
  const groups = useGroupChoices(filter.group);
  const { data: known } = useQuery(tags(community));
  const found = useInfiniteQuery(people(community, filter));
  const list = found.data?.pages.flatMap((p) => p.people) ?? [];
  const total = found.data?.pages[0]?.total ?? -1;
  return (
    <div className={style.page}>
      <h1>{t("people.title")}</h1>
      <SavedViews
        place="people"
        search={filter}
        onOpen={(search) => void navigate({ search: search as PeopleFilter, replace: true })}
      />
      <Panel
        title={t("people.list")}
        actions={staff?.limited ? undefined : <Link to="/people/alike">{t("alike.title")}</Link>}
        note={total >= 0 ? t("people.found", { count: total }) : t("people.note")}
      >
        <div className={style.filter}>
          <Input.Search
            key={filter.q ?? ""}
            defaultValue={filter.q ?? ""}
            allowClear
            maxLength={200}
            placeholder={t("people.search")}
            aria-label={t("people.search")}
            onSearch={(q) => set({ q: q.trim() || undefined })}
          />
          <Select
            aria-label={t("people.group")}
            placeholder={t("people.group")}
            allowClear
            value={filter.group}
            options={groups.options}
            showSearch={groups.showSearch}
            onChange={(group: number | undefined) => {
              groups.forget();
              set({ group });
            }}
          />
          <Select
            aria-label={t("people.tag")}
            placeholder={t("people.tag")}
            allowClear
            showSearch
            value={filter.tag}
            options={(known ?? []).map((k) => ({ value: k.tag, label: `${k.tag} (${k.people})` }))}
            onChange={(tag: string | undefined) => set({ tag })}
          />
          <Select
            aria-label={t("people.only")}
            placeholder={t("people.only")}
            allowClear
            value={filter.only}
            options={onlySome.map((o) => ({ value: o, label: t(`people.onlySome.${o}`) }))}
            onChange={(only: PeopleFilter["only"]) => set({ only })}
          />
        </div>
        {found.error && list.length === 0 ? (
          <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
        ) : found.isPending ? (
          <Loading rows={8} />
        ) : list.length === 0 ? (
          <Empty title={t("people.none")}>{t("people.noneTeach")}</Empty>
        ) : (
          <ul>
            {list.map((p) => (
              <li key={p.id}>
                <Line person={p} />
              </li>
            ))}
          </ul>
        )}
        {found.hasNextPage ? (
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("people.more")}
          </Button>
        ) : null}
      </Panel>
    </div>
  );
}
