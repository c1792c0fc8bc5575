import type { Connection, Driver } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId } from "react";
import { hookAddress, hookPath, saveConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import type { Draft } from "./draft.ts";
import { FieldsForm } from "./FieldsForm.tsx";
import { Findings } from "./Findings.tsx";
import { awaited, called, configOf, fileTaken, freeName } from "./fields.ts";
import { useFieldsForm } from "./useFieldsForm.ts";

/** What was saved, with the values that are shown this once. */
export interface Saved {
  connection: Connection;
  made: Record<string, string>;
}

interface Props {
  driver: Driver;
  words: DriverWords;
  draft: Draft;
  taken: string[];
  onChange: (by: Partial<Draft>) => void;
  onBack: () => void;
  onSaved: (saved: Saved) => void;
}

/** The settings of a new connection: filled in, tested, saved. */
export function Fill({ driver, words, draft, taken, onChange, onBack, onSaved }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const ids = { title: useId(), name: useId() };
  const form = useFieldsForm(driver, draft.values);
  const save = useMutation({
    mutationFn: () =>
      saveConnection(community, draft.name, {
        driver: driver.name,
        title: draft.title.trim() || words.title, // as it stands in the empty field
        config: configOf(driver, draft.values),
        adopt_all: false,
        version: 0,
      }),
    onSuccess: async (a) => {
      await client.invalidateQueries({ queryKey: ["connections"] });
      onSaved({ connection: a.connection, made: a.made ?? {} });
    },
    // The name of a connection that was removed stays taken.
    onError: (e) => {
      const p = asProblem(e);
      if (p.code === "conflict" && !fileTaken(driver, p))
        onChange({ name: freeName(driver.name, [...taken, draft.name]) });
    },
  });
  const problem = save.error ? asProblem(save.error) : undefined;
  const named = /^[a-z0-9][a-z0-9-]{0,39}$/.test(draft.name) && !taken.includes(draft.name);
  const tested = form.test.data;
  return (
    <>
      {words.risk ? <p className={driver.official ? style.soft : style.risk}>{words.risk}</p> : null}
      <Panel title={t("connect.fill")} note={t("connect.fillNote")}>
        <div className={style.form}>
          <div className={style.field}>
            <div className={style.label}>
              <label htmlFor={ids.title}>{t("connect.title")}</label>
              <span className={style.faint}>{t("connect.optional")}</span>
            </div>
            <Input
              id={ids.title}
              value={draft.title}
              maxLength={100}
              placeholder={words.title}
              onChange={(e) => onChange({ title: e.target.value })}
            />
          </div>
          <div className={style.field}>
            <div className={style.label}>
              <label htmlFor={ids.name}>{t("connect.name")}</label>
            </div>
            <Input
              id={ids.name}
              value={draft.name}
              maxLength={40}
              spellCheck={false}
              status={named ? undefined : "error"}
              aria-invalid={named ? undefined : true}
              aria-describedby={`${ids.name}-help`}
              onChange={(e) => onChange({ name: e.target.value.toLowerCase() })}
            />
            <p id={`${ids.name}-help`} className={named ? style.help : style.wrong}>
              {t(taken.includes(draft.name) ? "connect.nameTaken" : "connect.nameHelp")}
            </p>
          </div>
          {called(driver, draft.values) ? (
            <p className={style.help}>
              {t("connect.hookWillBe")}{" "}
              <code className={style.hook}>{hookAddress(hookPath(community, draft.name))}</code>
            </p>
          ) : null}
        </div>
        <FieldsForm
          driver={driver}
          words={words}
          values={draft.values}
          onChange={(values) => {
            onChange({ values });
            form.test.reset();
            save.reset();
          }}
          wrong={form.wrong(save.error)}
        />
        {form.test.error ? <Failed trouble={asProblem(form.test.error)} /> : null}
        {tested ? (
          <div role="status">
            <Findings findings={tested.findings} words={words} />
            {awaited(tested.findings) ? <p className={style.help}>{t("connect.hookLater")}</p> : null}
          </div>
        ) : null}
        {problem ? (
          <Failed
            trouble={
              problem.code === "conflict" && !fileTaken(driver, problem)
                ? { code: "", message: t("connect.used"), hint: t("connect.usedHint", { name: draft.name }) }
                : form.trouble(problem)
            }
          />
        ) : null}
        <div className={style.links}>
          <Button onClick={onBack}>{t("connect.back")}</Button>
          <Button
            type={tested ? "default" : "primary"}
            loading={form.test.isPending}
            onClick={() => form.complete() && form.test.mutate()}
          >
            {t(tested ? "connect.testAgain" : "connect.test")}
          </Button>
          {tested ? (
            <Button
              type={tested.ok ? "primary" : "default"}
              disabled={!named}
              loading={save.isPending}
              onClick={() => form.complete() && save.mutate()}
            >
              {t(tested.ok ? "connect.save" : "connect.saveAnyway")}
            </Button>
          ) : null}
        </div>
      </Panel>
    </>
  );
}
