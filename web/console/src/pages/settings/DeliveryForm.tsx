import type { Delivery, DeliveryAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Switch } from "antd";
import { useId, useState } from "react";
import { Clock } from "../../parts/Clock.tsx";
import { Inherited } from "../../parts/Inherited.tsx";
import { delivery, levelOf, type Scope, saveDelivery } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./DeliveryForm.module.css";

const numbers = [
  { field: "spread", teach: "spreadTeach", least: 0, most: 1440, group: false },
  { field: "per_group", label: "perGroup", teach: "perGroupTeach", least: 0, most: 1000, group: true },
  { field: "same_seconds", label: "same", teach: "sameTeach", least: 0, most: 3600, group: true },
  { field: "touches", teach: "touchesTeach", least: 1, most: 50, group: true },
  { field: "task_minutes", label: "taskMinutes", teach: "taskTeach", least: 1, most: 10080, group: true },
  { field: "order_minutes", label: "orderMinutes", teach: "orderTeach", least: 1, most: 1440, group: true },
] as const;
type Field = (typeof numbers)[number]["field"];
const classes = ["broadcast", "routine", "reply"] as const;

/** When what may be sent: to everybody, to a set of groups, or to one. What is left empty is inherited. */
export function DeliveryForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(delivery(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return <Form key={data.delivery.version} scope={scope} answer={data} />;
}

function Form({ scope, answer }: { scope: Scope; answer: DeliveryAnswer }) {
  const { delivery: saved, in_force: inForce, from: sources } = answer;
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [from, setFrom] = useState(saved.quiet_from ?? "");
  const [to, setTo] = useState(saved.quiet_to ?? "");
  const [waits, setWaits] = useState(saved.quiet_for);
  const [typed, setTyped] = useState<Record<Field, string>>({
    spread: text(saved.spread),
    per_group: text(saved.per_group),
    same_seconds: text(saved.same_seconds),
    touches: text(saved.touches),
    task_minutes: text(saved.task_minutes),
    order_minutes: text(saved.order_minutes),
  });
  const again = () => {
    for (const part of ["settings", "attention", "outbox"]) void client.invalidateQueries({ queryKey: [part] });
  };
  const save = useMutation({
    mutationFn: (body: Delivery) => saveDelivery(community, scope, body),
    onSuccess: again,
  });
  const problem = save.error && asProblem(save.error);
  const wrong = numbers.filter(({ field, least, most }) => {
    const n = Number(typed[field]);
    return typed[field] !== "" && !(Number.isInteger(n) && n >= least && n <= most);
  });
  const whole = (): Delivery => {
    const body: Delivery = { version: saved.version, paused: saved.paused ?? false };
    if (from && to) Object.assign(body, { quiet_from: from, quiet_to: to });
    if (waits) body.quiet_for = waits;
    for (const { field } of numbers) if (typed[field] !== "") body[field] = Number(typed[field]);
    return body;
  };
  const fixed = !may("manage");
  const level = levelOf(scope);
  const everybody = level === "community";
  // Where a value is from once what is typed here is saved.
  const source = (field: Field | "quiet_from" | "quiet_for", own: boolean) =>
    own ? { level } : sources[field]?.level === level ? undefined : sources[field];
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        if (wrong.length === 0) save.mutate(whole());
      }}
    >
      <div className={style.switch}>
        <div>
          <label htmlFor={`${id}pause`}>
            {t(scope.group ? "sending.groupPaused" : scope.set ? "sending.setPaused" : "sending.paused")}
          </label>
          {everybody ? (
            <p className={style.teach}>{t("sending.pausedTeach")}</p>
          ) : inForce.paused && !saved.paused ? (
            <p className={style.teach}>{t("sending.pausedAbove")}</p>
          ) : null}
        </div>
        <Switch
          id={`${id}pause`}
          checked={saved.paused ?? false}
          disabled={fixed}
          loading={save.isPending}
          onChange={(paused) => save.mutate({ ...saved, paused })}
        />
      </div>
      <fieldset className={style.field}>
        <legend>{t("sending.quiet")}</legend>
        <p className={style.teach}>{t("sending.quietTeach")}</p>
        <Inherited
          from={source("quiet_from", from !== "")}
          own={from !== ""}
          fixed={fixed}
          what={t("sending.quiet")}
          onReset={() => {
            setFrom("");
            setTo("");
          }}
        />
        <div className={style.quiet}>
          <Clock
            label={t("sending.quietFrom")}
            value={from || (inForce.quiet_from ?? "")}
            fixed={fixed}
            onChange={(clock) => {
              setFrom(clock);
              setTo(to || (inForce.quiet_to ?? ""));
            }}
          />
          <span aria-hidden="true">–</span>
          <Clock
            label={t("sending.quietTo")}
            value={to || (inForce.quiet_to ?? "")}
            fixed={fixed}
            onChange={(clock) => {
              setTo(clock);
              setFrom(from || (inForce.quiet_from ?? ""));
            }}
          />
          <Button
            type="text"
            disabled={fixed}
            onClick={() => {
              setFrom("00:00");
              setTo("00:00");
            }}
          >
            {t("sending.quietOff")}
          </Button>
        </div>
      </fieldset>
      <fieldset className={style.field}>
        <legend>{t("sending.quietFor")}</legend>
        <p className={style.teach}>{t("sending.quietForTeach")}</p>
        <Inherited
          from={source("quiet_for", waits !== undefined)}
          own={waits !== undefined}
          fixed={fixed}
          what={t("sending.quietFor")}
          onReset={() => setWaits(undefined)}
        />
        <Checkbox.Group
          disabled={fixed}
          value={waits ?? (sources.quiet_for?.level === level ? [] : (inForce.quiet_for ?? []))}
          onChange={(chosen) => setWaits(classes.filter((c) => chosen.includes(c)))}
          options={classes.map((c) => ({ value: c, label: t(`sending.class.${c}`) }))}
        />
      </fieldset>
      {numbers
        .filter((n) => !scope.group || n.group)
        .map((n) => {
          const { field, teach, least, most } = n;
          return (
            <div key={field} className={style.field}>
              <label htmlFor={id + field}>{t(`sending.${"label" in n ? n.label : n.field}`)}</label>
              <p className={style.teach}>{t(`sending.${teach}`)}</p>
              <Inherited
                from={source(field, typed[field] !== "")}
                own={typed[field] !== ""}
                fixed={fixed}
                what={t(`sending.${"label" in n ? n.label : n.field}`)}
                onReset={() => setTyped((all) => ({ ...all, [field]: "" }))}
              />
              <Input
                id={id + field}
                className={style.number}
                type="number"
                inputMode="numeric"
                min={least}
                max={most}
                disabled={fixed}
                status={wrong.includes(n) ? "error" : ""}
                value={typed[field]}
                placeholder={sources[field]?.level === level ? "" : String(inForce[field] ?? "")}
                onChange={(e) => setTyped((all) => ({ ...all, [field]: e.target.value }))}
              />
            </div>
          );
        })}
      {problem ? (
        <Failed
          trouble={
            problem.code === "conflict"
              ? { code: "", message: t("sending.conflict"), hint: t("sending.conflictHint") }
              : problem
          }
          onRetry={problem.code === "conflict" ? again : undefined}
        />
      ) : null}
      <div className={style.foot}>
        <Button
          type="primary"
          htmlType="submit"
          loading={save.isPending}
          disabled={fixed || wrong.length > 0 || waits?.length === 0}
        >
          {t("action.save")}
        </Button>
        {save.isSuccess ? (
          <span role="status" className={style.teach}>
            {t("sending.saved")}
          </span>
        ) : null}
      </div>
    </form>
  );
}

function text(n: number | undefined): string {
  return n === undefined ? "" : String(n);
}
