import { ExclamationCircleFilled, EyeFilled, WarningFilled } from "@ant-design/icons";
import type { Alert, Colleague } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { alertNumbers, alertWords } from "../../parts/alertWords.ts";
import { seeAlert } from "../../queries/alerts.ts";
import { useKeys } from "../../queries/key.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./AlertsPage.module.css";

/** One trouble: what it is, since when, who looks after it, and where to go. */
export function AlertCard({ alert, staff }: { alert: Alert; staff: Colleague[] }) {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const client = useQueryClient();
  const id = useId();
  const keys = useKeys();
  const [writing, setWriting] = useState(false);
  const [note, setNote] = useState(alert.note ?? "");
  const see = useMutation({
    mutationFn: () => seeAlert(community, alert.id, note.trim(), keys.of(note)),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      setWriting(false);
      for (const part of ["alerts", "attention"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  const grave = alert.severity === "alert";
  const firing = alert.state === "firing";
  const seer = staff.find((s) => s.id === alert.seen_by)?.name ?? t("tasks.somebody");
  return (
    <article className={style.card}>
      <header className={style.head}>
        <span className={!firing ? style.over : grave ? style.grave : style.watch}>
          {grave ? <ExclamationCircleFilled aria-hidden="true" /> : <WarningFilled aria-hidden="true" />}{" "}
          {t(firing ? (grave ? "alerts.grave" : "alerts.watch") : alert.data.ended ? "alerts.ended" : "alerts.over")}
        </span>
        <span className={style.faint}>
          {firing
            ? t("alerts.since", { when: w.when(alert.since, zone) })
            : t("alerts.from", { since: w.when(alert.since, zone), until: w.when(alert.resolved_at ?? 0, zone) })}
        </span>
      </header>
      <h2>{alertWords(w, alert)}</h2>
      {!firing && alert.data.ended ? (
        <p className={style.soft}>
          {t(
            alert.data.ended !== "removed"
              ? "alerts.unwatched"
              : alert.cause === "connection"
                ? "alerts.removed"
                : "alerts.left",
          )}
        </p>
      ) : null}
      {alert.cause === "band" && alertNumbers(w, alert.data) ? (
        <p className={style.soft}>{alertNumbers(w, alert.data)}</p>
      ) : null}
      {alert.cause === "band" && alert.data.lever ? (
        <p className={style.soft}>{t(`lever.${alert.data.lever}` as "lever.topics")}</p>
      ) : null}
      {alert.data.why ? <p className={style.soft}>{t("alerts.why", { why: alert.data.why })}</p> : null}
      <p className={style.faint}>
        {alert.times > 1 ? <span>{t("alerts.times", { count: alert.times })} </span> : null}
        {alert.mail === "none" ? null : <span>{t(`alerts.mail.${alert.mail}`)}</span>}
      </p>
      {alert.seen_at ? (
        <p className={style.soft}>
          <EyeFilled aria-hidden="true" /> {t("alerts.seenBy", { name: seer, when: w.when(alert.seen_at, zone) })}
          {alert.note ? <q className={style.note}>{alert.note}</q> : null}
        </p>
      ) : null}
      {see.error ? <Failed trouble={asProblem(see.error)} /> : null}
      {writing ? (
        <form
          className={style.form}
          onSubmit={(e) => {
            e.preventDefault();
            see.mutate();
          }}
        >
          <label htmlFor={id}>{t("alerts.note")}</label>
          <Input.TextArea
            id={id}
            value={note}
            maxLength={2000}
            autoSize={{ minRows: 1, maxRows: 4 }}
            placeholder={t("alerts.noteExample")}
            onChange={(e) => setNote(e.target.value)}
          />
          <div className={style.foot}>
            <Button type="primary" htmlType="submit" loading={see.isPending}>
              {t("action.save")}
            </Button>
            <Button type="text" onClick={() => setWriting(false)}>
              {t("action.cancel")}
            </Button>
          </div>
        </form>
      ) : (
        <footer className={style.foot}>
          <Where alert={alert} />
          {may("act") ? (
            <Button onClick={() => setWriting(true)}>{t(alert.seen_at ? "alerts.noteMore" : "alerts.see")}</Button>
          ) : null}
        </footer>
      )}
    </article>
  );
}

/** Where the trouble can be looked at. */
function Where({ alert }: { alert: Alert }) {
  const { t } = useWords();
  if (alert.cause === "connection" && alert.data.account)
    return (
      <Link to="/connections/$connection" params={{ connection: alert.data.account }}>
        {t("alerts.toConnection")}
      </Link>
    );
  if (alert.cause === "overdue")
    return (
      <Link to="/tasks" search={{ group: alert.group }}>
        {t("alerts.toTasks")}
      </Link>
    );
  if (alert.cause === "distrust")
    return (
      <Link to="/moderation/measures" search={{ group: alert.group || undefined }}>
        {t("nav.measures")}
      </Link>
    );
  if (alert.group)
    return (
      <Link to="/groups/$group" params={{ group: alert.group }} search={{}}>
        {t("tasks.toGroup")}
      </Link>
    );
  return null;
}
