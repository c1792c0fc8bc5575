import { DownloadOutlined, SearchOutlined } from "@ant-design/icons";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select } from "antd";
import { lazy, Suspense, useEffect, useState } from "react";
import { MessageLine } from "../../parts/MessageLine.tsx";
import { type Content, contents, person, type SearchFilter, searchPage } from "../../queries.ts";
import { SavedViews } from "../../shell/SavedViews.tsx";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Around } from "./Around.tsx";
import { ExportSheet } from "./ExportSheet.tsx";
import style from "./MessagesPage.module.css";

const RangePicker = lazy(() => import("../../parts/OpenRange.tsx"));

/** Full-text search over all groups, with what was said around a hit. */
export function MessagesPage() {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const { at, ...filter } = useSearch({ from: "/inside/messages" });
  const navigate = useNavigate({ from: "/messages" });
  const set = (part: Partial<SearchFilter & { at: number }>) =>
    void navigate({ search: (s) => ({ ...s, ...part }), replace: true, resetScroll: false });

  const [exporting, setExporting] = useState(false);
  const [typed, setTyped] = useState(filter.q ?? "");
  useEffect(() => setTyped(filter.q ?? ""), [filter.q]);

  const found = useInfiniteQuery({
    queryKey: ["messages", community, filter],
    queryFn: ({ pageParam }) => searchPage(community, filter, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
  });
  const choices = useGroupChoices(filter.group);
  const { data: who } = useQuery({ ...person(community, filter.person ?? 0), enabled: filter.person !== undefined });

  const first = found.data?.pages[0];
  const messages = found.data?.pages.flatMap((p) => p.messages) ?? [];
  const cut = found.data?.pages.at(-1)?.cut_short ?? false;
  const behind = first ? first.as_of - first.indexed_to : 0;
  const narrowed = Object.values(filter).some((v) => v !== undefined);

  const further = (
    <Button className={style.more} loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
      {t(cut ? "messages.further" : "messages.more")}
    </Button>
  );

  return (
    <div className={style.page}>
      <div className={style.top}>
        <h1>{t("messages.title")}</h1>
        {may("export.run") ? (
          <Button icon={<DownloadOutlined aria-hidden="true" />} onClick={() => setExporting(true)}>
            {t("export.action")}
          </Button>
        ) : null}
      </div>
      <SavedViews
        place="messages"
        search={filter}
        onOpen={(search) => void navigate({ search: search as SearchFilter, replace: true })}
      />
      <search className={style.filters}>
        <Input
          size="large"
          className={style.text}
          prefix={<SearchOutlined aria-hidden="true" />}
          allowClear
          value={typed}
          maxLength={200}
          placeholder={t("messages.placeholder")}
          aria-label={t("messages.placeholder")}
          onChange={(e) => {
            setTyped(e.target.value);
            if (e.target.value === "") set({ q: undefined });
          }}
          onPressEnter={(e) => {
            if (!e.nativeEvent.isComposing) set({ q: typed.trim() || undefined });
          }}
        />
        <div className={style.row}>
          <Select
            className={style.group}
            allowClear
            showSearch={choices.showSearch}
            placeholder={t("messages.anyGroup")}
            aria-label={t("messages.group")}
            value={filter.group}
            onChange={(group) => {
              choices.forget();
              set({ group });
            }}
            options={choices.options}
          />
          <Select<Content>
            className={style.content}
            allowClear
            placeholder={t("messages.anyContent")}
            aria-label={t("messages.content")}
            value={filter.content}
            onChange={(content) => set({ content })}
            options={contents.map((c) => ({ value: c, label: t(`content.${c}`) }))}
          />
          <Suspense fallback={<span className={style.wait} />}>
            <RangePicker from={filter.from} to={filter.to} onChange={(from, to) => set({ from, to })} />
          </Suspense>
          {filter.person !== undefined ? (
            <Button onClick={() => set({ person: undefined })}>
              {t("messages.person", { name: who?.name || `#${filter.person}` })} ×
            </Button>
          ) : null}
          {narrowed ? (
            <Button type="link" onClick={() => void navigate({ search: {}, replace: true })}>
              {t("messages.clear")}
            </Button>
          ) : null}
        </div>
      </search>
      {behind > 0 ? (
        <p className={style.behind} role="status">
          {t("messages.behind", { count: behind, n: w.count(behind) })}
        </p>
      ) : null}

      {found.error && !found.data ? (
        <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
      ) : !found.data ? (
        <Loading rows={10} />
      ) : messages.length === 0 ? (
        <Empty
          title={cut ? t("messages.noneYet") : t(filter.q ? "messages.none" : "messages.empty", { q: filter.q ?? "" })}
          actions={cut ? further : undefined}
        >
          {t(cut ? "messages.cut" : behind > 0 ? "messages.noneBehind" : "messages.noneTeach")}
        </Empty>
      ) : (
        <>
          <ul className={style.hits}>
            {messages.map((m) => (
              <li key={m.seq}>
                <button type="button" className={`plain ${style.hit}`} onClick={() => set({ at: m.seq })}>
                  <MessageLine message={m} group={filter.group === undefined} still />
                </button>
              </li>
            ))}
          </ul>
          {cut ? (
            <p className={style.end} role="status">
              {t("messages.cut")}
            </p>
          ) : null}
          {found.hasNextPage ? (
            further
          ) : (
            <p className={style.end}>{t("messages.end", { count: messages.length, n: w.exact(messages.length) })}</p>
          )}
        </>
      )}
      {exporting ? (
        <ExportSheet
          filter={{
            ...(filter.group === undefined ? {} : { groups: [filter.group] }),
            ...(filter.person === undefined ? {} : { person: filter.person }),
            ...(filter.from ? { from: filter.from } : {}),
            ...(filter.to ? { to: filter.to } : {}),
            ...(filter.q ? { text: filter.q } : {}),
            ...(filter.content ? { content: filter.content } : {}),
          }}
          onClose={() => setExporting(false)}
        />
      ) : null}
      {at !== undefined ? (
        <Around seq={at} marks={messages.find((m) => m.seq === at)?.marks} onClose={() => set({ at: undefined })} />
      ) : null}
    </div>
  );
}
