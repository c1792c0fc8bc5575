import type { Connection, Driver } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { saveConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { FieldsForm } from "./FieldsForm.tsx";
import { Findings } from "./Findings.tsx";
import { configOf, inputOf, valuesOf } from "./fields.ts";
import { useFieldsForm } from "./useFieldsForm.ts";

interface Props {
  connection: Connection;
  driver: Driver;
  words: DriverWords;
  /** Told of values that were made up and are shown this once. */
  onSaved: (made: Record<string, string>) => void;
  onClose: () => void;
}

/** Changes what was typed when the connection was added. */
export function EditSheet({ connection: c, driver, words, onSaved, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [title, setTitle] = useState(c.title);
  const [values, setValues] = useState(() => valuesOf(driver, c.config));
  const form = useFieldsForm(driver, values, c.name, c.config);
  const save = useMutation({
    mutationFn: () =>
      saveConnection(community, c.name, { ...inputOf(c), title: title.trim(), config: configOf(driver, values) }),
    onSuccess: async (a) => {
      await client.invalidateQueries({ queryKey: ["connections"] });
      onSaved(a.made ?? {});
      onClose();
    },
  });
  return (
    <Sheet title={t("connection.editTitle", { name: c.title || c.name })} width={560} onClose={onClose}>
      <div className={style.form}>
        <div className={style.field}>
          <div className={style.label}>
            <label htmlFor={id}>{t("connect.title")}</label>
            <span className={style.faint}>{t("connect.optional")}</span>
          </div>
          <Input
            id={id}
            value={title}
            maxLength={100}
            placeholder={words.title}
            onChange={(e) => setTitle(e.target.value)}
          />
        </div>
      </div>
      <FieldsForm
        driver={driver}
        words={words}
        values={values}
        kept={c.config}
        onChange={(v) => {
          setValues(v);
          form.test.reset();
          save.reset();
        }}
        wrong={form.wrong(save.error)}
      />
      {form.test.error ? <Failed trouble={asProblem(form.test.error)} /> : null}
      <div role="status">{form.test.data ? <Findings findings={form.test.data.findings} words={words} /> : null}</div>
      {save.error ? <Failed trouble={form.trouble(asProblem(save.error))} /> : null}
      <div className={style.links}>
        <Button loading={form.test.isPending} onClick={() => form.complete() && form.test.mutate()}>
          {t("connect.test")}
        </Button>
        <Button type="primary" loading={save.isPending} onClick={() => form.complete() && save.mutate()}>
          {t("action.save")}
        </Button>
      </div>
    </Sheet>
  );
}
