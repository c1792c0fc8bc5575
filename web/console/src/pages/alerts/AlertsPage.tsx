import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Segmented } from "antd";
import { useState } from "react";
import { WhoseSwitch } from "../../parts/WhoseSwitch.tsx";
import { type AlertState, alertStates, alerts } from "../../queries/alerts.ts";
import { colleagues } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { AlertCard } from "./AlertCard.tsx";
import style from "./AlertsPage.module.css";

/** What is wrong, the gravest first, and what was. */
export function AlertsPage() {
  const { t } = useWords();
  const { community, may } = useHere();
  const search = useSearch({ from: "/inside/alerts" });
  const navigate = useNavigate({ from: "/alerts" });
  const [cursors, setCursors] = useState<string[]>([]);
  const state = search.state ?? "firing";
  const { data, error, refetch, isPlaceholderData } = useQuery(
    alerts(community, {
      state,
      whose: search.whose ?? "auto",
      ...(cursors.length ? { cursor: cursors.at(-1) as string } : {}),
    }),
  );
  const { data: staff } = useQuery(colleagues(community));
  return (
    <div className={style.page}>
      <header>
        <h1>{t("alerts.title")}</h1>
        <p className={style.faint}>
          {t("alerts.about")} {may("read") ? <Link to="/settings/alerts">{t("alerts.toSettings")}</Link> : null}
        </p>
      </header>
      <Parts of="alerts" />
      <div className={style.tools}>
        <Segmented<AlertState>
          aria-label={t("alerts.which")}
          value={state}
          onChange={(s) => {
            setCursors([]);
            void navigate({ search: (was) => ({ ...was, state: s === "firing" ? undefined : s }), replace: true });
          }}
          options={alertStates.map((s) => ({ value: s, label: t(`alerts.${s}`) }))}
        />
        <WhoseSwitch
          answer={data}
          asked={search.whose}
          onChange={(whose) => {
            setCursors([]);
            void navigate({ search: (was) => ({ ...was, whose }), replace: true });
          }}
        />
        <BrowserNotices />
      </div>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : data.alerts.length === 0 ? (
        <Empty title={t(state === "firing" ? "alerts.none" : "alerts.noneOver")}>
          {t(state === "firing" ? "alerts.noneTeach" : "alerts.noneOverTeach")}
        </Empty>
      ) : (
        <ul className={style.list} aria-busy={isPlaceholderData}>
          {data.alerts.map((a) => (
            <li key={a.id}>
              <AlertCard alert={a} staff={staff ?? []} />
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

/** Lets this browser tell of new alerts while the console is open in it. */
function BrowserNotices() {
  const { t } = useWords();
  const [allowed, setAllowed] = useState("Notification" in window ? Notification.permission : "denied");
  if (allowed === "granted") return <span className={style.faint}>{t("alerts.browser.on")}</span>;
  if (allowed === "denied") return null;
  return (
    <Button onClick={() => void Notification.requestPermission().then(setAllowed)}>{t("alerts.browser.ask")}</Button>
  );
}
