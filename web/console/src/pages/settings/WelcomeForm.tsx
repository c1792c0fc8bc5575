import type { Welcome, WelcomeAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { levelOf, type Scope, saveWelcome, welcome } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./WelcomeForm.module.css";

/** What newcomers are told: in one group, in a set of groups, or in all. */
export function WelcomeForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(welcome(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  return <Form key={data.welcome.version} scope={scope} saved={data} />;
}

function Form({ scope, saved }: { scope: Scope; saved: WelcomeAnswer }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const own = saved.welcome;
  const [typed, setTyped] = useState<Pick<Welcome, "on" | "text">>({ on: own.on, text: own.text });
  const ids = { on: useId(), text: useId() };
  const again = () => {
    void client.invalidateQueries({ queryKey: ["settings", "welcome"] });
    if (scope.group) void client.invalidateQueries({ queryKey: ["group", scope.group, "head"] });
  };
  const save = useMutation({
    mutationFn: () => saveWelcome(community, scope, { ...typed, version: own.version }),
    onSuccess: again,
  });
  const problem = save.error && asProblem(save.error);
  const level = levelOf(scope);
  // What would hold without what is typed here: known only where it comes from elsewhere.
  const above = (field: "on" | "text") => (saved.from[field]?.level === level ? undefined : saved.in_force[field]);
  const on = typed.on ?? (above("on") as boolean | undefined) ?? false;
  const text = typed.text ?? (above("text") as string | undefined) ?? "";
  const source = (field: "on" | "text") =>
    typed[field] === undefined && saved.from[field]?.level === level ? undefined : saved.from[field];
  const changed = typed.on !== own.on || typed.text !== own.text;
  const fixed = !may("manage");
  return (
    <div className={style.form}>
      <div className={style.switch}>
        <div>
          <label htmlFor={ids.on}>{t("welcome.title")}</label>
          <p className={style.teach}>{t("welcome.teach")}</p>
          <Inherited
            from={typed.on === undefined ? source("on") : { level }}
            own={typed.on !== undefined}
            fixed={fixed}
            what={t("welcome.title")}
            onReset={() => setTyped(({ text }) => ({ text }))}
          />
        </div>
        <Switch id={ids.on} checked={on} disabled={fixed} onChange={(v) => setTyped((was) => ({ ...was, on: v }))} />
      </div>
      <div className={style.above}>
        <label htmlFor={ids.text}>{t("welcome.text")}</label>
        <Inherited
          from={typed.text === undefined ? source("text") : { level }}
          own={typed.text !== undefined}
          fixed={fixed}
          what={t("welcome.text")}
          onReset={() => setTyped(({ on }) => ({ on }))}
        />
      </div>
      <Input.TextArea
        id={ids.text}
        value={text}
        disabled={fixed}
        onChange={(e) => setTyped((was) => ({ ...was, text: e.target.value }))}
        autoSize={{ minRows: 4, maxRows: 14 }}
        maxLength={2000}
        placeholder={t("welcome.example")}
      />
      <p className={style.teach}>{t("welcome.names")}</p>
      {text.trim() ? (
        <figure className={style.preview}>
          <figcaption>{t("welcome.preview")}</figcaption>
          <p>{text.replaceAll("{name}", t("welcome.somebody"))}</p>
        </figure>
      ) : null}
      {problem ? (
        <Failed
          trouble={
            problem.code === "conflict"
              ? { code: "", message: t("welcome.conflict"), hint: t("welcome.conflictHint") }
              : problem
          }
          onRetry={problem.code === "conflict" ? again : undefined}
        />
      ) : null}
      <div className={style.foot}>
        <Button
          type="primary"
          loading={save.isPending}
          disabled={fixed || !changed || (on && text.trim() === "" && typed.text !== undefined)}
          onClick={() => save.mutate()}
        >
          {t("action.save")}
        </Button>
        {!changed && own.version > 0 ? <span className={style.teach}>{t("welcome.saved")}</span> : null}
      </div>
    </div>
  );
}
