import type { ContingencyPlan, ContingencyPlanAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select, Switch } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { contingencies, contingencyPlan, saveContingencyPlan } from "../../queries/contingency.ts";
import { levelOf, type Scope } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "../settings/DeliveryForm.module.css";

/** Where a group goes when it cannot be used any more, or without one, what holds for all. */
export function PlanForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(contingencyPlan(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  return <Form key={data.plan.version} scope={scope} answer={data} />;
}

function Form({ scope, answer }: { scope: Scope; answer: ContingencyPlanAnswer }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const saved = answer.plan;
  const [typed, setTyped] = useState<ContingencyPlan>(saved);
  const { data: groups } = useQuery({ ...contingencies(community), enabled: scope.group !== undefined });
  const save = useMutation({
    mutationFn: () => saveContingencyPlan(community, scope, typed),
    onSuccess: () => client.invalidateQueries({ queryKey: ["settings"] }),
  });
  const fixed = !may("manage");
  const level = levelOf(scope);
  const source = (field: "text" | "drills") =>
    typed[field] !== undefined ? { level } : answer.from[field]?.level === level ? undefined : answer.from[field];
  const drop = (field: "text" | "drills") => setTyped(({ [field]: _, ...rest }) => rest);
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      {scope.group ? (
        <>
          <div className={style.field}>
            <label htmlFor={`${id}group`}>{t("contingency.plan.group")}</label>
            <p className={style.teach}>{t("contingency.plan.groupTeach")}</p>
            <Select
              id={`${id}group`}
              showSearch={{ optionFilterProp: "label" }}
              disabled={fixed}
              value={typed.backup_group ?? 0}
              onChange={(backup_group) => setTyped((all) => ({ ...all, backup_group }))}
              options={[
                { value: 0, label: t("contingency.plan.noGroup") },
                ...(groups ?? [])
                  .filter((g) => g.group !== scope.group)
                  .map((g) => ({ value: g.group, label: g.name })),
              ]}
            />
          </div>
          <div className={style.field}>
            <label htmlFor={`${id}way`}>{t("contingency.plan.way")}</label>
            <p className={style.teach}>{t("contingency.plan.wayTeach")}</p>
            <Input
              id={`${id}way`}
              disabled={fixed}
              maxLength={500}
              value={typed.way ?? ""}
              placeholder={t("contingency.plan.wayExample")}
              onChange={(e) => setTyped((all) => ({ ...all, way: e.target.value }))}
            />
          </div>
        </>
      ) : null}
      <div className={style.field}>
        <label htmlFor={`${id}text`}>{t("contingency.plan.text")}</label>
        <p className={style.teach}>{t("contingency.plan.textTeach")}</p>
        <Inherited
          from={source("text")}
          own={typed.text !== undefined}
          fixed={fixed}
          what={t("contingency.plan.text")}
          onReset={() => drop("text")}
        />
        <Input.TextArea
          id={`${id}text`}
          disabled={fixed}
          maxLength={2000}
          autoSize={{ minRows: 3, maxRows: 10 }}
          value={typed.text ?? answer.in_force.text ?? ""}
          onChange={(e) => setTyped((all) => ({ ...all, text: e.target.value }))}
        />
      </div>
      <div className={style.switch}>
        <div>
          <label htmlFor={`${id}drills`}>{t("contingency.plan.drills")}</label>
          <p className={style.teach}>{t("contingency.plan.drillsTeach")}</p>
          <Inherited
            from={source("drills")}
            own={typed.drills !== undefined}
            fixed={fixed}
            what={t("contingency.plan.drills")}
            onReset={() => drop("drills")}
          />
        </div>
        <Switch
          id={`${id}drills`}
          disabled={fixed}
          checked={typed.drills ?? answer.in_force.drills ?? false}
          onChange={(drills) => setTyped((all) => ({ ...all, drills }))}
        />
      </div>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={fixed || typed === saved}>
          {t("contingency.plan.save")}
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
