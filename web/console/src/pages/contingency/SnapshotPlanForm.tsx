import type { SnapshotPlan, SnapshotPlanAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { saveSnapshotPlan, snapshotPlan } from "../../queries/contingency.ts";
import { levelOf, type Scope } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "../settings/DeliveryForm.module.css";

/** When members and messages of a group are written to files, or without one, of all groups. */
export function SnapshotPlanForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(snapshotPlan(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  return <Form key={data.plan.version} scope={scope} answer={data} />;
}

const rhythms = ["off", "daily", "weekly"] as const;
const days = [1, 2, 3, 4, 5, 6, 7] as const;
const hours = Array.from({ length: 24 }, (_, h) => ({ value: h, label: `${String(h).padStart(2, "0")}:00` }));
const counts = [1, 2, 4, 8, 12, 30, 60, 100];

function Form({ scope, answer }: { scope: Scope; answer: SnapshotPlanAnswer }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const saved = answer.plan;
  const [typed, setTyped] = useState<SnapshotPlan>(saved);
  const save = useMutation({
    mutationFn: () => saveSnapshotPlan(community, scope, typed),
    onSuccess: () => client.invalidateQueries({ queryKey: ["settings"] }),
  });
  const fixed = !may("manage");
  const level = levelOf(scope);
  const all = { ...answer.in_force, ...typed };
  const own = ["every", "weekday", "hour", "keep"].some((f) => f in typed);
  const keep = all.keep ?? 4;
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <div className={style.field}>
        <label htmlFor={`${id}every`}>{t("contingency.snapshot.every")}</label>
        <p className={style.teach}>{t("contingency.snapshot.everyTeach")}</p>
        <Inherited
          from={own ? { level } : answer.from.every?.level === level ? undefined : answer.from.every}
          own={own}
          fixed={fixed}
          what={t("contingency.snapshot.every")}
          onReset={() => setTyped({ version: saved.version })}
        />
        <div className={style.quiet}>
          <Select
            id={`${id}every`}
            className={style.clock}
            disabled={fixed}
            value={all.every}
            onChange={(every) => setTyped((was) => ({ ...was, every }))}
            options={rhythms.map((r) => ({ value: r, label: t(`contingency.snapshot.${r}`) }))}
          />
          {all.every === "weekly" ? (
            <Select
              className={style.clock}
              aria-label={t("contingency.snapshot.weekday")}
              disabled={fixed}
              value={all.weekday}
              onChange={(weekday) => setTyped((was) => ({ ...was, weekday }))}
              options={days.map((d) => ({ value: d, label: t(`contingency.day.${d}`) }))}
            />
          ) : null}
          {all.every !== "off" ? (
            <Select
              className={style.clock}
              aria-label={t("contingency.snapshot.hour")}
              disabled={fixed}
              value={all.hour}
              onChange={(hour) => setTyped((was) => ({ ...was, hour }))}
              options={hours}
            />
          ) : null}
        </div>
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}keep`}>{t("contingency.snapshot.keep")}</label>
        <Select
          id={`${id}keep`}
          className={style.number}
          disabled={fixed}
          value={keep}
          onChange={(n) => setTyped((was) => ({ ...was, keep: n }))}
          options={(counts.includes(keep) ? counts : [keep, ...counts]).map((n) => ({
            value: n,
            label: t("contingency.snapshot.copies", { count: n }),
          }))}
        />
      </div>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={fixed || typed === saved}>
          {t("contingency.snapshot.save")}
        </Button>
        {typed === saved && saved.version > 0 ? (
          <span role="status" className={style.teach}>
            {t("contingency.plan.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}
