import type { Alerting, AlertingAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { alerting, saveAlerting } from "../../queries/alerts.ts";
import { levelOf, type Scope } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./DeliveryForm.module.css";

const numbers = [
  { field: "outage_minutes", text: "outage", most: 1440 },
  { field: "silent_hours", text: "silent", most: 720 },
  { field: "silent_from", text: "usual", most: 1_000_000 },
  { field: "band_days", text: "bands", most: 28 },
  { field: "cooldown_minutes", text: "cooldown", most: 10080 },
] as const;
const switches = [
  { field: "low_activity", text: "activity" },
  { field: "overdue", text: "overdue" },
  { field: "mail", text: "mail" },
  { field: "staff", text: "staff" },
] as const;
type Field = (typeof numbers)[number]["field"] | (typeof switches)[number]["field"];

/** When something counts as wrong: for all groups, for a set of them, or for one. What is left empty is inherited. */
export function AlertingForm({ scope }: { scope: Scope }) {
  const [done, setDone] = useState(false); // the form is made anew for what was saved
  const { community } = useHere();
  const { data, error, refetch } = useQuery(alerting(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return <Form key={data.alerting.version} scope={scope} answer={data} done={done} onDone={() => setDone(true)} />;
}

interface Props {
  scope: Scope;
  answer: AlertingAnswer;
  done: boolean;
  onDone: () => void;
}

function Form({ scope, answer, done, onDone }: Props) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const saved = answer.alerting;
  const [typed, setTyped] = useState<Alerting>(saved);
  const save = useMutation({
    mutationFn: () => saveAlerting(community, scope, typed),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ["settings", "alerting"] });
    },
  });
  const fixed = !may("manage");
  // Of a connection, not of groups.
  const shown = numbers.filter((n) => n.field !== "outage_minutes" || levelOf(scope) === "community");
  const wrong = numbers.filter(({ field, most }) => {
    const n = typed[field];
    return n !== undefined && !(Number.isInteger(n) && n >= 0 && n <= most);
  });
  const level = levelOf(scope);
  const everybody = level === "community";
  const from = (field: Field) =>
    typed[field] !== undefined ? { level } : answer.from[field]?.level === level ? undefined : answer.from[field];
  const source = (field: Field, what: string) =>
    everybody ? null : (
      <Inherited
        from={from(field)}
        own={typed[field] !== undefined}
        fixed={fixed}
        what={what}
        onReset={() => setTyped(({ [field]: _, ...rest }) => rest)}
      />
    );
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        if (wrong.length === 0) save.mutate();
      }}
    >
      {shown.map((n) => (
        <div key={n.field} className={style.field}>
          <label htmlFor={id + n.field}>{t(`alerting.${n.text}`)}</label>
          <p className={style.teach}>{t(`alerting.${n.text}Teach`)}</p>
          {source(n.field, t(`alerting.${n.text}`))}
          <Input
            id={id + n.field}
            className={style.number}
            type="number"
            inputMode="numeric"
            min={0}
            max={n.most}
            disabled={fixed}
            status={wrong.includes(n) ? "error" : ""}
            value={typed[n.field] ?? ""}
            placeholder={String(answer.in_force[n.field] ?? "")}
            onChange={(e) => {
              const value = e.target.value === "" ? undefined : Number(e.target.value);
              setTyped((all) => ({ ...all, [n.field]: value }));
            }}
          />
        </div>
      ))}
      {switches.map((s) => (
        <div key={s.field} className={style.switch}>
          <div>
            <label htmlFor={id + s.field}>{t(`alerting.${s.text}`)}</label>
            <p className={style.teach}>{t(`alerting.${s.text}Teach`)}</p>
            {source(s.field, t(`alerting.${s.text}`))}
          </div>
          <Switch
            id={id + s.field}
            checked={typed[s.field] ?? answer.in_force[s.field] ?? true}
            disabled={fixed}
            onChange={(on) => setTyped((all) => ({ ...all, [s.field]: on }))}
          />
        </div>
      ))}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={fixed || wrong.length > 0}>
          {t("action.save")}
        </Button>
        {done && !save.isPending ? (
          <span role="status" className={style.teach}>
            {t("sending.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}
