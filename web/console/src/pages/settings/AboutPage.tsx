import type { Symptom } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { about, findings } from "../../queries/house.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { bytes } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import team from "../team/Team.module.css";
import style from "./SettingsPage.module.css";

/** What runs here, and whether all is well. */
export function AboutPage() {
  const { t } = useWords();
  const { may } = useHere();
  return (
    <div className={team.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      <Running />
      {may("manage") ? <Visit /> : null}
    </div>
  );
}

function Running() {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { data, error, refetch } = useQuery(about(community));
  return (
    <Panel title={t("running.title")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <dl className={style.rows}>
          <dt>{t("running.version")}</dt>
          <dd>{data.version}</dd>
          <dt>{t("running.license")}</dt>
          <dd>{data.license}</dd>
          <dt>{t("running.database")}</dt>
          <dd>
            {[
              data.database === "sqlite" ? "SQLite" : "PostgreSQL",
              data.bytes > 0 ? bytes(data.bytes) : "",
              t("backups.events", { n: w.count(data.events) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </dd>
          <dt>{t("running.schema")}</dt>
          <dd>{data.schema}</dd>
          <dt>{t("running.platform")}</dt>
          <dd>
            {data.platform} · {data.go}
          </dd>
          <dt>{t("running.since")}</dt>
          <dd>{w.when(data.since, zone)}</dd>
        </dl>
      )}
    </Panel>
  );
}

type Check =
  | "folder"
  | "disk"
  | "key"
  | "contacts"
  | "zone"
  | "port"
  | "database"
  | "log"
  | "clock"
  | "parked"
  | "unknown"
  | "backup"
  | "elsewhere";

const colour: Record<Symptom["state"], string> = {
  good: team.good ?? "",
  watch: team.off ?? "",
  bad: team.wrong ?? "",
};

function Visit() {
  const { t, lang } = useWords();
  const { community } = useHere();
  const { data, error, refetch, isFetching } = useQuery(findings(community, lang));
  return (
    <Panel
      title={t("doctor.title")}
      note={t("doctor.note")}
      actions={
        <Button loading={isFetching} onClick={() => void refetch()}>
          {t("doctor.again")}
        </Button>
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <ul>
          {data.findings.map((f) => (
            <li key={f.check}>
              <div className={team.line}>
                <div className={team.words}>
                  <p>
                    <span className={team.name}>{t(`doctor.check.${f.check as Check}`)}</span>{" "}
                    <span className={colour[f.state]}>{t(`doctor.${f.state}`)}</span>
                  </p>
                  <p className={team.faint}>{f.text}</p>
                  {f.hint ? <p>→ {f.hint}</p> : null}
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
