import { ClockCircleOutlined, ExportOutlined, WarningFilled } from "@ant-design/icons";
import type { Colleague, Task } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { Network } from "../../parts/DataLevel.tsx";
import { clientLink, taskWords } from "../../parts/deed.ts";
import { oneAction } from "../../queries/actions.ts";
import { useKeys } from "../../queries/key.ts";
import { closeTask, remindTask } from "../../queries/tasks.ts";
import { useHere } from "../../shell/useHere.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Failed } from "../../ui/states.tsx";
import { rough } from "../../words/time.ts";
import { useNow } from "../../words/useNow.ts";
import { useWords } from "../../words/useWords.ts";
import { CloseForm } from "./CloseForm.tsx";
import style from "./TaskCard.module.css";

interface Props {
  task: Task;
  staff: Colleague[];
  /** Told what was closed, in words. */
  onClosed: (what: string) => void;
}

/** One task with everything that doing it needs. */
export function TaskCard({ task, staff, onClosed }: Props) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const [closing, setClosing] = useState<"done" | "dropped" | undefined>();
  const keys = useKeys();
  const settled = () => {
    for (const part of ["tasks", "attention", "outbox"]) void client.invalidateQueries({ queryKey: [part] });
  };
  const { data: action } = useQuery({
    ...oneAction(community, task.entry ?? ""),
    enabled: Boolean(task.entry) && (task.action === "mute" || task.action === "mute_all"),
  });
  const what = taskWords(t, task, action);
  const close = useMutation({
    mutationFn: ({ how, proof }: { how: "done" | "dropped"; proof: string }) =>
      closeTask(community, task.id, how, proof, keys.of([how, proof])),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      settled();
      setClosing(undefined);
      onClosed(what);
    },
  });
  const remind = useMutation({
    mutationFn: () => remindTask(community, task.id, keys.of("remind")),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: settled,
  });
  const trouble = close.error ?? remind.error;
  const keeper = staff.find((s) => s.id === task.keeper)?.name;
  const link = clientLink(task.link);
  const asked = task.kind === "waiting" ? askedIn(task.link) : undefined;
  return (
    <article className={style.card}>
      <header className={style.head}>
        {task.state === "open" ? <Due at={task.due_at} /> : <Closed task={task} staff={staff} />}
        <span className={style.network}>
          <Network name={task.network} />
        </span>
      </header>
      <h2>{what}</h2>
      {task.reason ? <p className={style.reason}>{t("tasks.reason", { reason: task.reason })}</p> : null}
      {task.text ? <blockquote className={style.text}>{task.text}</blockquote> : null}
      {task.proposal && task.state === "open" ? <p className={style.reason}>{t("tasks.proposal")}</p> : null}
      {asked ? (
        <p className={style.meta}>
          <Link to="/messages" search={{ group: task.group, at: asked }}>
            {t("tasks.toQuestion")}
          </Link>
        </p>
      ) : null}
      <p className={style.meta}>
        <Link to="/groups/$group" params={{ group: task.group }} search={{}}>
          {t("tasks.toGroup")}
        </Link>
        {task.member_id ? <span>{t("tasks.memberId", { id: task.member_id })}</span> : null}
        {task.state === "open" ? (
          <span>{task.keeper ? t("tasks.keeper", { name: keeper ?? t("tasks.somebody") }) : t("tasks.anybody")}</span>
        ) : null}
        {task.reminders > 0 ? <span>{t("tasks.reminded", { count: task.reminders })}</span> : null}
      </p>
      {trouble ? <Failed trouble={asProblem(trouble)} /> : null}
      {task.state === "open" ? (
        <div className={style.prepared}>
          {task.text ? <CopyButton text={task.text} label={t("tasks.copyText")} primary /> : null}
          {task.member_id ? <CopyButton text={task.member_id} label={t("tasks.copyId")} /> : null}
          {link ? (
            <Button href={link} target="_blank" rel="noreferrer" icon={<ExportOutlined aria-hidden="true" />}>
              {t("tasks.client")}
            </Button>
          ) : null}
        </div>
      ) : null}
      {task.state === "open" && task.entry && !link ? <p className={style.meta}>{t("tasks.noLink")}</p> : null}
      {task.state === "open" && may("act") && !closing ? (
        <footer className={style.foot}>
          <Button type="primary" onClick={() => setClosing("done")}>
            {t("tasks.do.done")}
          </Button>
          {task.proposal ? (
            <Button loading={remind.isPending} onClick={() => remind.mutate()}>
              {t("tasks.do.remind")}
            </Button>
          ) : null}
          <Button type="text" onClick={() => setClosing("dropped")}>
            {t("tasks.do.dropped")}
          </Button>
        </footer>
      ) : null}
      {closing ? (
        <CloseForm
          key={closing}
          how={closing}
          kind={task.kind}
          busy={close.isPending}
          onClose={(proof) => close.mutate({ how: closing, proof })}
          onCancel={() => setClosing(undefined)}
        />
      ) : null}
    </article>
  );
}

/** The message that waits for an answer, from the link that its task holds. */
function askedIn(link: string | undefined): number | undefined {
  const at = Number(link?.match(/^\/messages\?group=\d+&at=(\d+)$/)?.[1]);
  return at > 0 ? at : undefined;
}

const hour = 3_600_000; // milliseconds

/** How long is left, or how late it is: in words, a shape and a colour. */
function Due({ at }: { at: number }) {
  const { t } = useWords();
  const now = useNow(30_000);
  const { unit, n } = rough(at - now);
  const late = at <= now;
  return (
    <span className={late ? style.late : at - now < hour ? style.soon : style.due}>
      {late ? <WarningFilled aria-hidden="true" /> : <ClockCircleOutlined aria-hidden="true" />}{" "}
      {t(`due.${late ? "late" : "left"}.${unit}`, { count: n })}
    </span>
  );
}

const proofs = [
  "member_left",
  "roster_taken",
  "member_joined",
  "message_posted",
  "group_announced",
  "group_renamed",
  "message_recalled",
  "member_muted",
  "platform",
  "machine",
] as const;

/** How a task ended: who said so, or what showed it. */
function Closed({ task, staff }: { task: Task; staff: Colleague[] }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const when = w.when(task.closed_at ?? 0, zone);
  const how = proofs.find((p) => p === task.how?.replace(".", "_")) ?? "other";
  return (
    <span className={style.closed}>
      {task.closed_by
        ? t("tasks.byPerson", { name: staff.find((s) => s.id === task.closed_by)?.name ?? t("tasks.somebody"), when })
        : t("tasks.bySelf", { when, how: t(`tasks.how.${how}`) })}
      {task.proof ? <q>{task.proof}</q> : null}
    </span>
  );
}
