import type { Waiting, WaitingAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, InputNumber, Select, Switch } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { levelOf, type Scope, saveWaiting, waiting } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./DeliveryForm.module.css";

/** How long members may wait for an answer: in one group, in a set of groups, or in all. */
export function WaitingForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(waiting(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  return <Form key={data.waiting.version} scope={scope} saved={data} />;
}

const days = [1, 2, 3, 4, 5, 6, 7] as const;

/** Half hours of a day, in minutes after midnight. */
const clock = Array.from({ length: 49 }, (_, i) => i * 30);
const clockText = (m: number) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
const clocks = (from: number, to: number, chosen: number) =>
  [...new Set([...clock, chosen])]
    .filter((m) => m >= from && m <= to)
    .sort((a, b) => a - b)
    .map((m) => ({ value: m, label: clockText(m) }));

type Field = "on" | "minutes" | "from" | "to" | "days" | "mentions";

function Form({ scope, saved }: { scope: Scope; saved: WaitingAnswer }) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const own = saved.waiting;
  const [typed, setTyped] = useState<Waiting>(own);
  const save = useMutation({
    mutationFn: () => saveWaiting(community, scope, typed),
    onSuccess: () => client.invalidateQueries({ queryKey: ["settings", "waiting"] }),
  });
  const fixed = !may("manage");
  const level = levelOf(scope);
  const set = (part: Partial<Waiting>) => setTyped((was) => ({ ...was, ...part }));
  const drop = (...fields: Field[]) =>
    setTyped((was) => Object.fromEntries(Object.entries(was).filter(([k]) => !fields.includes(k as Field))) as Waiting);
  const source = (field: Field) =>
    typed[field] !== undefined ? { level } : saved.from[field]?.level === level ? undefined : saved.from[field];
  const now = { ...saved.in_force, ...typed };
  const [from, to] = [now.from ?? 540, now.to ?? 1260];
  const inherited = (field: Field, what: string, ...more: Field[]) => (
    <Inherited
      from={source(field)}
      own={typed[field] !== undefined}
      fixed={fixed}
      what={what}
      onReset={() => drop(field, ...more)}
    />
  );
  const m = saved.measured;
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <div className={style.switch}>
        <div>
          <label htmlFor={`${id}on`}>{t("waitingSet.on")}</label>
          <p className={style.teach}>{t("waitingSet.teach")}</p>
          {inherited("on", t("waitingSet.on"))}
        </div>
        <Switch id={`${id}on`} disabled={fixed} checked={now.on ?? false} onChange={(on) => set({ on })} />
      </div>
      {m && m.asked > 0 ? (
        <p role="status">
          {t("waitingSet.measured", {
            asked: w.exact(m.asked),
            answered: w.exact(m.answered),
            in_time: w.exact(m.in_time),
            open: w.exact(m.open),
          })}{" "}
          {m.median != null ? t("waitingSet.median", { n: w.exact(Math.round(m.median)) }) : null}
        </p>
      ) : null}
      <div className={style.field}>
        <label htmlFor={`${id}minutes`}>{t("waitingSet.minutes")}</label>
        {inherited("minutes", t("waitingSet.minutes"))}
        <InputNumber
          id={`${id}minutes`}
          min={1}
          max={1440}
          precision={0}
          disabled={fixed}
          value={now.minutes ?? 15}
          onChange={(n) => (n ? set({ minutes: n }) : undefined)}
        />
      </div>
      <fieldset className={style.field} disabled={fixed}>
        <legend>{t("waitingSet.hours")}</legend>
        {inherited("from", t("waitingSet.hours"), "to")}
        <div className={style.quiet}>
          <Select
            aria-label={t("waitingSet.hours")}
            disabled={fixed}
            value={from}
            options={clocks(0, to - 1, from)}
            onChange={(v) => set({ from: v, to })}
          />
          <span>{t("waitingSet.to")}</span>
          <Select
            aria-label={`${t("waitingSet.hours")} ${t("waitingSet.to")}`}
            disabled={fixed}
            value={to}
            options={clocks(from + 1, 1440, to)}
            onChange={(v) => set({ from, to: v })}
          />
        </div>
      </fieldset>
      <fieldset className={style.field} disabled={fixed}>
        <legend>{t("waitingSet.days")}</legend>
        {inherited("days", t("waitingSet.days"))}
        <Checkbox.Group
          disabled={fixed}
          value={now.days ?? [...days]}
          options={days.map((d) => ({ value: d, label: t(`waitingSet.day.${d}`) }))}
          onChange={(list) => (list.length > 0 ? set({ days: [...list].sort((a, b) => a - b) }) : undefined)}
        />
      </fieldset>
      <div className={style.switch}>
        <div>
          <label htmlFor={`${id}mentions`}>{t("waitingSet.mentions")}</label>
          {inherited("mentions", t("waitingSet.mentions"))}
        </div>
        <Switch
          id={`${id}mentions`}
          disabled={fixed}
          checked={now.mentions ?? true}
          onChange={(mentions) => set({ mentions })}
        />
      </div>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={fixed || typed === own}>
          {t("waitingSet.save")}
        </Button>
        {typed === own && own.version > 0 ? (
          <span role="status" className={style.teach}>
            {t("waitingSet.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}
