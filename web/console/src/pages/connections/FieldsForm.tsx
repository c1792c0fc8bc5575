import type { Driver, DriverField } from "@qunying/api/model";
import { Input, Radio, Switch } from "antd";
import { useId } from "react";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { asked, type Values } from "./fields.ts";
import { VerificationFile } from "./VerificationFile.tsx";

interface Props {
  driver: Driver;
  words: DriverWords;
  values: Values;
  onChange: (values: Values) => void;
  /** Settings that the server has: secrets are true. */
  kept?: Record<string, unknown>;
  /** Fields to be pointed at, with what is wrong. */
  wrong: Record<string, string>;
}

/** What a driver has to be told, with where each value is found. */
export function FieldsForm({ driver, words, values, onChange, kept = {}, wrong }: Props) {
  return (
    <div className={style.form}>
      {driver.fields
        .filter((f) => asked(f, values))
        .map((f) => (
          <Field
            key={f.name}
            field={f}
            words={words}
            value={values[f.name] ?? ""}
            kept={kept[f.name] === true}
            wrong={wrong[f.name]}
            onChange={(v) => onChange({ ...values, [f.name]: v })}
          />
        ))}
    </div>
  );
}

interface FieldProps {
  field: DriverField;
  words: DriverWords;
  value: string | boolean;
  kept: boolean;
  wrong?: string;
  onChange: (value: string | boolean) => void;
}

function Field({ field: f, words, value, kept, wrong, onChange }: FieldProps) {
  const { t } = useWords();
  const id = useId();
  const said = words.fields[f.name];
  const label = said?.label ?? f.name;
  const text = String(value);
  const common = {
    id,
    "aria-describedby": `${id}-help`,
    "aria-invalid": wrong ? true : undefined,
    status: wrong ? ("error" as const) : undefined,
  };
  if (f.kind === "file") {
    return <VerificationFile id={id} label={label} help={said?.help} value={text} wrong={wrong} onChange={onChange} />;
  }
  const placeholder = kept ? t("connect.kept") : f.generated ? t("connect.generated") : undefined;
  const typed = { value: text, onChange: (e: { target: { value: string } }) => onChange(e.target.value), placeholder };
  return (
    <div className={style.field}>
      <div className={style.label}>
        {f.kind === "choice" ? <span id={`${id}-label`}>{label}</span> : <label htmlFor={id}>{label}</label>}
        {f.required || f.kind === "flag" || f.kind === "choice" ? null : (
          <span className={style.faint}>{t("connect.optional")}</span>
        )}
      </div>
      {f.kind === "secret" ? (
        <Input.Password {...common} {...typed} autoComplete="new-password" spellCheck={false} />
      ) : f.kind === "key" ? (
        <Input.TextArea {...common} {...typed} autoSize={{ minRows: 3, maxRows: 10 }} spellCheck={false} />
      ) : f.kind === "choice" ? (
        <Radio.Group
          aria-labelledby={`${id}-label`}
          value={text}
          onChange={(e) => onChange(String(e.target.value))}
          className={style.choices}
          options={(f.choices ?? []).map((c) => ({ value: c, label: words.choices[`${f.name}.${c}`] ?? c }))}
        />
      ) : f.kind === "flag" ? (
        <span>
          <Switch id={id} aria-describedby={`${id}-help`} checked={value === true} onChange={onChange} />
        </span>
      ) : (
        <Input
          {...common}
          {...typed}
          inputMode={f.kind === "number" ? "numeric" : f.kind === "address" ? "url" : undefined}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      <p id={`${id}-help`} className={wrong ? style.wrong : style.help}>
        {wrong ? `${wrong} ` : null}
        {said?.help}
      </p>
    </div>
  );
}
