import type { Privacy } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Segmented } from "antd";
import { useId, useState } from "react";
import { notice, privacy, runRetention, saveRetention } from "../../queries/house.ts";
import { Parts } from "../../shell/Parts.tsx";
import { usePreferences } from "../../shell/Preferences.tsx";
import { useHere } from "../../shell/useHere.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import type { Lang } from "../../words/language.ts";
import { useWords } from "../../words/useWords.ts";
import style from "../team/Team.module.css";
import { PicturesPanel } from "./PicturesPanel.tsx";
import { SettingsFile } from "./SettingsFile.tsx";

/** What is kept for how long, who was erased, and what members are told. */
export function PrivacyPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(privacy(community));
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
          <Keeping key={data.retention.version} saved={data} />
          <PicturesPanel />
          <Erased saved={data} />
          <Notice />
          <Files />
        </>
      )}
    </div>
  );
}

function useKept(act: () => Promise<Privacy>) {
  const { community } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (after) => client.setQueryData(privacy(community).queryKey, after),
  });
}

type Class = "messages" | "raw" | "cases" | "notes" | "actions" | "imports" | "sign_ins" | "alerts" | "audit";

function Keeping({ saved }: { saved: Privacy }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const id = useId();
  const [days, setDays] = useState(saved.retention.days);
  const save = useKept(() => saveRetention(community, { days, version: saved.retention.version }));
  const run = useKept(() => runRetention(community));
  const job = saved.jobs.find((j) => j.kind === "retain");
  const working = job !== undefined && !job.done_at;
  const changed = saved.classes.some((c) => (days[c] ?? 0) !== (saved.retention.days[c] ?? 0));
  return (
    <Panel title={t("privacy.keeping")} note={t("privacy.keepingNote")}>
      <div className={style.form}>
        {saved.classes.map((c) => (
          <div key={c} className={style.field}>
            <label htmlFor={`${id}-${c}`}>{t(`privacy.class.${c as Class}`)}</label>
            <InputNumber
              id={`${id}-${c}`}
              min={0}
              max={36500}
              precision={0}
              value={days[c] ?? 0}
              onChange={(n) => setDays((all) => ({ ...all, [c]: n ?? 0 }))}
              aria-describedby={`${id}-${c}-help`}
            />
            <p id={`${id}-${c}-help`} className={style.faint}>
              {days[c] ? t("privacy.days", { n: days[c] }) : t("privacy.always")}
            </p>
          </div>
        ))}
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        {run.error ? <Failed trouble={asProblem(run.error)} /> : null}
        {working ? <Meter share={job.share} label={t("privacy.removing")} /> : null}
        {job?.error ? <p className={style.wrong}>{job.error}</p> : null}
        <div className={style.acts}>
          <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
            {t("action.save")}
          </Button>
          <Button loading={run.isPending || working} disabled={changed} onClick={() => run.mutate()}>
            {t("privacy.now")}
          </Button>
          <span className={style.faint} role="status">
            {changed
              ? t("privacy.unsaved")
              : saved.retained_at
                ? t("privacy.ran", { when: w.when(saved.retained_at, zone) })
                : t("privacy.daily")}
          </span>
        </div>
      </div>
    </Panel>
  );
}

function Erased({ saved }: { saved: Privacy }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const job = saved.jobs.find((j) => j.kind === "erase");
  return (
    <Panel title={t("privacy.erased")} note={t("privacy.erasedNote")}>
      {job && !job.done_at ? <Meter share={job.share} label={t("privacy.erasing")} /> : null}
      {job?.error ? <p className={style.wrong}>{job.error}</p> : null}
      {saved.erasures.length === 0 ? (
        <p className={style.faint}>{t("privacy.nobody")}</p>
      ) : (
        <ul>
          {saved.erasures.map((e) => (
            <li key={e.id}>
              <div className={style.line}>
                <p className={style.words}>
                  {t("privacy.number", { n: e.person })}{" "}
                  <span className={style.faint}>
                    · {w.when(e.at, zone)} ·{" "}
                    {e.done_at ? t("privacy.done", { n: w.count(e.bodies + e.rows) }) : t("privacy.erasing")}
                  </span>
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {saved.old_backups > 0 ? (
        <p className={style.off}>{t("privacy.oldBackups", { count: saved.old_backups })}</p>
      ) : null}
    </Panel>
  );
}

function Notice() {
  const { t } = useWords();
  const { community } = useHere();
  const { lang } = usePreferences();
  const [language, setLanguage] = useState<Lang>(lang);
  const { data, error, refetch } = useQuery(notice(community, language));
  return (
    <Panel
      title={t("privacy.notice")}
      note={t("privacy.noticeNote")}
      actions={data ? <CopyButton text={data.text} /> : undefined}
    >
      <Segmented<Lang>
        aria-label={t("settings.language")}
        value={language}
        onChange={setLanguage}
        options={[
          { value: "zh-CN", label: t("language.zh") },
          { value: "en", label: t("language.en") },
        ]}
      />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <p style={{ marginTop: 16, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{data.text}</p>
      )}
    </Panel>
  );
}

function Files() {
  const { t } = useWords();
  const { community } = useHere();
  return (
    <Panel title={t("privacy.files")} note={t("privacy.filesNote")}>
      <div className={style.acts}>
        <Button href={`/api/v1/communities/${community}/analytics.csv`}>{t("privacy.analytics")}</Button>
        <Button href={`/api/v1/communities/${community}/settings/file`} download="qunying-settings.json">
          {t("privacy.settings")}
        </Button>
      </div>
      <div style={{ marginTop: 8 }}>
        <SettingsFile />
      </div>
    </Panel>
  );
}
