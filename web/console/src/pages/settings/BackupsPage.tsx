import type { Backups } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { backups, makeBackup, saveBackupPlan } from "../../queries/house.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { bytes } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import style from "../team/Team.module.css";

/** Copies of the database: those there are, a new one, and when they are made. */
export function BackupsPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(backups(community));
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <>
          <Copies saved={data} />
          <Plan key={data.plan.version} saved={data} />
          <Elsewhere saved={data} />
        </>
      )}
    </div>
  );
}

/** Does something about copies, and takes over how it is afterwards. */
function useKept(act: () => Promise<Backups>) {
  const { community } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (after) => client.setQueryData(backups(community).queryKey, after),
  });
}

function Copies({ saved }: { saved: Backups }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const make = useKept(() => makeBackup(community));
  const job = saved.jobs[0];
  const working = job !== undefined && !job.done_at;
  const button = (
    <Button type="primary" loading={make.isPending || working} onClick={() => make.mutate()}>
      {t("backups.make")}
    </Button>
  );
  return (
    <Panel title={t("backups.title")} note={t("backups.note")} actions={saved.here.length > 0 ? button : undefined}>
      {make.error ? <Failed trouble={asProblem(make.error)} /> : null}
      {working ? <Meter share={job.share} label={t("backups.making")} /> : null}
      {job?.error ? <p className={style.wrong}>{t("backups.failed", { why: job.error })}</p> : null}
      {saved.here.length === 0 ? (
        <Empty title={t("backups.none")} actions={button}>
          {t("backups.noneTeach")}
        </Empty>
      ) : (
        <ul>
          {saved.here.map((b) => (
            <li key={b.name}>
              <div className={style.line}>
                <div className={style.words}>
                  <p className={style.name}>{w.when(b.at, zone)}</p>
                  <p className={style.faint}>
                    {[b.name, bytes(b.bytes), t("backups.events", { n: w.count(b.events) })].join(" · ")}
                  </p>
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
      <p className={style.faint}>{t("backups.folder", { folder: saved.folder })}</p>
      <p className={style.faint}>{t("backups.key")}</p>
    </Panel>
  );
}

const everies = [0, 6, 12, 24, 168];

function Plan({ saved }: { saved: Backups }) {
  const { t } = useWords();
  const { community } = useHere();
  const id = useId();
  const [every, setEvery] = useState(saved.plan.every_hours);
  const [keep, setKeep] = useState(saved.plan.keep);
  const save = useKept(() => saveBackupPlan(community, { every_hours: every, keep, version: saved.plan.version }));
  return (
    <Panel title={t("backups.plan")} note={t("backups.planNote")}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-every`}>{t("backups.every")}</label>
          <Select
            id={`${id}-every`}
            aria-label={t("backups.every")}
            value={every}
            onChange={setEvery}
            popupMatchSelectWidth={false}
            options={[...new Set([...everies, saved.plan.every_hours])].map((n) => ({
              value: n,
              label: n === 0 ? t("backups.never") : t("backups.hours", { n }),
            }))}
          />
        </div>
        <div className={style.field}>
          <label htmlFor={`${id}-keep`}>{t("backups.keep")}</label>
          <InputNumber
            id={`${id}-keep`}
            min={1}
            max={365}
            precision={0}
            value={keep}
            onChange={(n) => setKeep(n ?? 7)}
          />
        </div>
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        <div className={style.acts}>
          <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
            {t("action.save")}
          </Button>
          {saved.plan.version > 0 && every === saved.plan.every_hours && keep === saved.plan.keep ? (
            <span className={style.faint} role="status">
              {t("backups.saved")}
            </span>
          ) : null}
        </div>
      </div>
    </Panel>
  );
}

function Elsewhere({ saved }: { saved: Backups }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const newest = saved.elsewhere[0];
  return (
    <Panel title={t("backups.elsewhere")} note={t("backups.elsewhereNote")}>
      {saved.problem ? (
        <p className={style.wrong}>{t("backups.elsewhereProblem")}</p>
      ) : !saved.has_elsewhere ? (
        <p>{t("backups.elsewhereNone")}</p>
      ) : newest ? (
        <>
          <p>{t("backups.share", { share: w.percent(saved.share), when: w.when(newest.at, zone) })}</p>
          <Meter share={saved.share} label={t("backups.elsewhere")} />
        </>
      ) : (
        <p>{t("backups.elsewhereYet")}</p>
      )}
    </Panel>
  );
}
