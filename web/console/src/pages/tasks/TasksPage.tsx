import type { TaskTimes, Whose } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Segmented } from "antd";
import { useState } from "react";
import { colleagues } from "../../queries/sending.ts";
import { type TaskState, taskStates, tasks } from "../../queries/tasks.ts";
import { SavedViews } from "../../shell/SavedViews.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { TaskCard } from "./TaskCard.tsx";
import style from "./TasksPage.module.css";

/** What people have to do because no machine can, most urgent first. */
export function TasksPage() {
  const { t } = useWords();
  const { community } = useHere();
  const search = useSearch({ from: "/inside/tasks" });
  const navigate = useNavigate({ from: "/tasks" });
  const [cursors, setCursors] = useState<string[]>([]);
  const [closed, setClosed] = useState("");
  const state = search.state ?? "open";
  const { data, error, refetch, isPlaceholderData } = useQuery(
    tasks(community, {
      state,
      ...(search.group ? { group: search.group } : {}),
      whose: search.whose ?? "auto",
      ...(cursors.length ? { cursor: cursors.at(-1) as string } : {}),
    }),
  );
  const { data: staffList } = useQuery(colleagues(community));
  const change = (part: Partial<typeof search>) => {
    setCursors([]);
    void navigate({ search: (s) => ({ ...s, ...part }), replace: true });
  };
  const none = state !== "open" ? "noneClosed" : data?.whose === "mine" ? "noneMine" : "noneOpen";

  return (
    <div className={style.page}>
      <header className={style.head}>
        <h1>{t("tasks.title")}</h1>
        <p className={style.about}>{t("tasks.about")}</p>
      </header>
      <SavedViews
        place="tasks"
        search={search}
        onOpen={(to) => {
          setCursors([]);
          void navigate({ search: to as typeof search, replace: true });
        }}
      />
      <div className={style.tools}>
        <Segmented<TaskState>
          aria-label={t("tasks.which")}
          value={state}
          onChange={(s) => change({ state: s === "open" ? undefined : s })}
          options={taskStates.map((s) => ({ value: s, label: t(`tasks.${s}`) }))}
        />
        <Segmented<Whose>
          aria-label={t("tasks.whose")}
          value={data?.whose ?? search.whose ?? "all"}
          onChange={(whose) => change({ whose })}
          options={[
            { value: "all", label: t("tasks.all") },
            { value: "mine", label: t("tasks.mine") },
          ]}
        />
      </div>
      {data && data.timing.length > 0 ? <Timing times={data.timing} /> : null}
      <p className="unseen" role="status">
        {closed ? t("tasks.closed", { what: closed }) : ""}
      </p>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : data.tasks.length === 0 ? (
        <Empty title={t(`tasks.${none}`)}>{t(`tasks.${none}Teach`)}</Empty>
      ) : (
        <ul className={isPlaceholderData ? `${style.list} ${style.stale}` : style.list} aria-busy={isPlaceholderData}>
          {data.tasks.map((task) => (
            <li key={task.id}>
              <TaskCard task={task} staff={staffList ?? []} onClosed={setClosed} />
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

const kinds = [
  "send",
  "recall",
  "mute",
  "mute_all",
  "remove",
  "announce",
  "rename",
  "invite",
  "approve",
  "refuse",
] as const;

/** How long tasks took, by what was to be done. */
function Timing({ times }: { times: TaskTimes[] }) {
  const w = useWords();
  const { t } = w;
  return (
    <p className={style.timing}>
      <span className={style.timingTitle}>{t("tasks.timing")}</span>
      {times.map((x) => {
        const kind = kinds.find((k) => k === x.action);
        const minutes = Math.max(1, Math.round(x.minutes));
        return (
          <span key={x.action}>
            {t("tasks.time", {
              count: x.closed,
              n: w.count(x.closed),
              action: kind ? t(`deedName.${kind}`) : x.action,
              minutes:
                minutes < 90
                  ? t("tasks.minutes", { n: minutes })
                  : t("tasks.hours", { n: w.exact(Math.round(minutes / 6) / 10) }),
            })}
            {x.late > 0 ? <span className={style.late}> {t("tasks.late", { count: x.late })}</span> : null}
          </span>
        );
      })}
    </p>
  );
}
