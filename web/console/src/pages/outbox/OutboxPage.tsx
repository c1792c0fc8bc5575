import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { useState } from "react";
import { type OutboxState, outboxPage, outboxStates } from "../../queries/actions.ts";
import { connections } from "../../queries/connections.ts";
import { colleagues } from "../../queries/sending.ts";
import { attention } from "../../queries/tasks.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { EntryLine } from "./EntryLine.tsx";
import style from "./OutboxPage.module.css";

/** What is on its way to platforms, why it waits, and what became of the rest. */
export function OutboxPage() {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const search = useSearch({ from: "/inside/outbox" });
  const navigate = useNavigate({ from: "/outbox" });
  const [cursors, setCursors] = useState<string[]>([]);
  const choices = useGroupChoices(search.group);
  const { data, error, refetch, isPlaceholderData } = useQuery(
    outboxPage(community, {
      ...(search.state ? { state: search.state } : {}),
      ...(search.group ? { group: search.group } : {}),
      ...(cursors.length ? { cursor: cursors.at(-1) as string } : {}),
    }),
  );
  const { data: waiting } = useQuery(attention(community));
  const { data: staff } = useQuery(colleagues(community));
  const { data: lines } = useQuery(connections(community));
  const change = (part: Partial<typeof search>) => {
    setCursors([]);
    void navigate({ search: (s) => ({ ...s, ...part }), replace: true });
  };
  const narrowed = search.state !== undefined || search.group !== undefined;

  return (
    <div className={style.page}>
      <header>
        <h1>{t("outboxPage.title")}</h1>
        <p className={style.about}>{t("outboxPage.about")}</p>
      </header>
      <div className={style.tools}>
        <Select<OutboxState>
          className={style.choice}
          allowClear
          placeholder={t("outboxPage.anyState")}
          aria-label={t("outboxPage.state")}
          value={search.state}
          onChange={(state) => change({ state })}
          options={outboxStates.map((s) => ({ value: s, label: t(`outboxFilter.${s}`) }))}
        />
        <Select
          className={style.choice}
          allowClear
          showSearch={choices.showSearch}
          placeholder={t("outboxPage.anyGroup")}
          aria-label={t("outboxPage.group")}
          value={search.group}
          onChange={(g) => {
            choices.forget();
            change({ group: g });
          }}
          options={choices.options}
        />
      </div>
      {waiting && waiting.suggested > 0 ? (
        <aside className={style.held}>
          <div>
            <strong>{t("outboxPage.held", { count: waiting.suggested, n: w.count(waiting.suggested) })}</strong>
            <p>{t("outboxPage.heldTeach")}</p>
          </div>
          {search.state !== "suggested" ? (
            <Button onClick={() => change({ state: "suggested", group: undefined })}>{t("outboxPage.heldSee")}</Button>
          ) : null}
        </aside>
      ) : null}
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : data.entries.length === 0 ? (
        narrowed ? (
          <Empty
            title={t("outboxPage.noneSuch")}
            actions={
              <Button onClick={() => change({ state: undefined, group: undefined })}>{t("outboxPage.anyState")}</Button>
            }
          />
        ) : (
          <Empty title={t("outboxPage.none")}>{t("outboxPage.noneTeach")}</Empty>
        )
      ) : (
        <ul className={isPlaceholderData ? `${style.list} ${style.stale}` : style.list} aria-busy={isPlaceholderData}>
          {data.entries.map((e) => (
            <li key={e.key}>
              <EntryLine
                entry={e}
                by={staff?.find((s) => s.id === e.by)?.name}
                line={lines?.find((l) => l.name === e.connection)?.title || e.connection}
              />
            </li>
          ))}
        </ul>
      )}
      {data && (data.next || cursors.length > 0) ? (
        <Pager
          words=""
          onBack={cursors.length > 0 ? () => setCursors((c) => c.slice(0, -1)) : undefined}
          onNext={data.next ? () => setCursors((c) => [...c, data.next as string]) : undefined}
        />
      ) : null}
    </div>
  );
}
