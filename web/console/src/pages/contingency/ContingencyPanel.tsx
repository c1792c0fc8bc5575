import { SettingOutlined } from "@ant-design/icons";
import type { GroupCard, SnapshotsAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import {
  type ContingencyStep,
  contingency,
  contingencyStep,
  makeSnapshot,
  snapshots,
  snapshotUrl,
} from "../../queries/contingency.ts";
import { useKeys } from "../../queries/key.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Contingency.module.css";
import { PlanForm } from "./PlanForm.tsx";
import { SnapshotPlanForm } from "./SnapshotPlanForm.tsx";

/** What a group falls back on: its backup channel, its snapshots, its drills. */
export function ContingencyPanel({ group, className }: { group: GroupCard; className?: string }) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const [sheet, setSheet] = useState<"settings" | "switch" | undefined>();
  const { data, error, refetch } = useQuery(contingency(community, group.id));
  const step = useMutation({
    mutationFn: (what: ContingencyStep) => contingencyStep(community, group.id, what, keys.of(what)),
    onSettled: (_, failed) => keys.settle(failed),
    onSuccess: () => {
      setSheet(undefined);
      for (const part of ["settings", "tasks", "outbox", "attention"]) {
        void client.invalidateQueries({ queryKey: [part] });
      }
    },
  });
  const state = data?.group.state;
  return (
    <Panel
      title={<span id="contingency">{t("contingency.panel")}</span>}
      className={className}
      note={t("contingency.panelNote")}
      actions={
        may("manage") ? (
          <Button size="small" icon={<SettingOutlined aria-hidden="true" />} onClick={() => setSheet("settings")}>
            {t("contingency.settings")}
          </Button>
        ) : null
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <div className={style.parts}>
          <section className={style.part}>
            <h3>{t("contingency.backup")}</h3>
            <span className={state === "none" ? style.missing : state === "in_use" ? style.inUse : undefined}>
              {t(`contingency.state.${data.group.state}`)}
              {data.group.since ? ` · ${w.when(data.group.since, group.zone)}` : ""}
            </span>
            {state === "none" ? (
              <p className={style.faint}>{t("contingency.noneTeach")}</p>
            ) : (
              <blockquote className={style.text}>{data.announcement}</blockquote>
            )}
            {step.error ? <Failed trouble={asProblem(step.error)} /> : null}
            {may("act") && state === "prepared" ? (
              <Button danger onClick={() => setSheet("switch")}>
                {t("contingency.begin")}
              </Button>
            ) : null}
            {may("act") && state === "in_use" ? (
              <Button loading={step.isPending} onClick={() => step.mutate("end")}>
                {t("contingency.end")}
              </Button>
            ) : null}
          </section>
          <Snapshots group={group} />
          <section className={style.part}>
            <h3>{t("contingency.drills")}</h3>
            {data.drills.length === 0 ? <p className={style.faint}>{t("contingency.drillTeach")}</p> : null}
            <ul>
              {data.drills.slice(0, 4).map((d) => (
                <li key={d.id} className={style.what}>
                  <span>
                    {t(`contingency.drill.${d.state}`, {
                      when: w.when(d.state === "open" ? d.due_at : (d.closed_at ?? 0), group.zone),
                    })}
                  </span>
                  {d.proof ? <small>{d.proof}</small> : null}
                </li>
              ))}
            </ul>
            {data.group.drill ? (
              <Link to="/tasks" search={{ group: group.id }}>
                {t("contingency.toDrill")}
              </Link>
            ) : may("act") ? (
              <Button loading={step.isPending && step.variables === "drill"} onClick={() => step.mutate("drill")}>
                {t("contingency.drillNow")}
              </Button>
            ) : null}
          </section>
        </div>
      )}
      {sheet === "settings" ? (
        <Sheet
          title={t("contingency.settingsOf", { name: group.name })}
          width={480}
          onClose={() => setSheet(undefined)}
        >
          <div className={style.sheet}>
            <PlanForm scope={{ group: group.id }} />
            <SnapshotPlanForm scope={{ group: group.id }} />
          </div>
        </Sheet>
      ) : null}
      {sheet === "switch" && data ? (
        <Sheet title={t("contingency.begin")} width={480} onClose={() => setSheet(undefined)}>
          <div className={style.part}>
            <p>{t(`contingency.by.${data.by}`)}</p>
            <blockquote className={style.text}>{data.announcement}</blockquote>
            {step.error ? <Failed trouble={asProblem(step.error)} /> : null}
            <Button danger type="primary" loading={step.isPending} onClick={() => step.mutate("begin")}>
              {t("contingency.beginNow")}
            </Button>
          </div>
        </Sheet>
      ) : null}
    </Panel>
  );
}

const shown = 4;

/** What was written of the group to files. */
function Snapshots({ group }: { group: GroupCard }) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    ...snapshots(community, group.id),
    // One that waits is done within seconds, and nothing in the log tells of it.
    refetchInterval: ({ state }) =>
      (state.data as SnapshotsAnswer | undefined)?.snapshots.some((s) => s.state === "waiting") ? 2_000 : false,
  });
  const make = useMutation({
    mutationFn: () => makeSnapshot(community, group.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["settings", "snapshots"] }),
  });
  return (
    <section className={style.part}>
      <h3>{t("contingency.snapshots")}</h3>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : (
        <>
          <p className={style.faint}>
            {data.next_at ? t("contingency.next", { when: w.when(data.next_at, group.zone) }) : t("contingency.noNext")}
          </p>
          <ul>
            {data.snapshots.slice(0, shown).map((s) => (
              <li key={s.slot} className={style.what}>
                <span>
                  {w.when(s.done_at ?? s.slot, group.zone)} ·{" "}
                  {s.state === "done"
                    ? t("contingency.made", { messages: w.count(s.messages), members: w.count(s.members) })
                    : t(`contingency.making.${s.state}`)}
                </span>
                {s.state === "done" && may("manage") ? (
                  <span className={style.foot}>
                    <a href={snapshotUrl(community, group.id, s.slot, "messages.jsonl")} download>
                      {t("contingency.messagesFile")}
                    </a>
                    <a href={snapshotUrl(community, group.id, s.slot, "members.csv")} download>
                      {t("contingency.membersFile")}
                    </a>
                  </span>
                ) : null}
              </li>
            ))}
          </ul>
          {make.error ? <Failed trouble={asProblem(make.error)} /> : null}
          {may("manage") ? (
            <Button loading={make.isPending} onClick={() => make.mutate()}>
              {t("contingency.snapshotNow")}
            </Button>
          ) : null}
        </>
      )}
    </section>
  );
}
