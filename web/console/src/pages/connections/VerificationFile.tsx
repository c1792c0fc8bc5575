import { Button, Input } from "antd";
import { useRef, useState } from "react";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { fileFault, fileOf, fileText } from "./fields.ts";

interface Props {
  id: string;
  label: string;
  help: string | undefined;
  value: string;
  /** What is wrong with it beyond what is seen here. */
  wrong?: string | undefined;
  onChange: (value: string) => void;
}

const most = 1024;

/** A small file that the platform looks for on our domain: dropped, chosen, or pasted. */
export function VerificationFile({ id, label, help, value, wrong, onChange }: Props) {
  const { t } = useWords();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [looked, setLooked] = useState(value !== "");
  const [large, setLarge] = useState("");
  const { name, content } = fileOf(value);
  const fault = large ? "long" : looked ? fileFault(value) : undefined;
  const said = fault ? t(`connect.file.${fault}`, { name: large || name }) : wrong;
  const take = async (file: File | undefined) => {
    if (!file) return;
    setLooked(true);
    if (file.size > most) return setLarge(file.name);
    setLarge("");
    onChange(fileText(file.name, await file.text()));
  };
  const type = (text: string) => {
    setLarge("");
    onChange(text);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out like the other fields
    <div
      role="group"
      aria-labelledby={`${id}-label`}
      aria-describedby={`${id}-help`}
      className={over ? `${style.field} ${style.file} ${style.over}` : `${style.field} ${style.file}`}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        void take(e.dataTransfer.files[0]);
      }}
      onBlur={(e) => {
        if (!e.currentTarget.contains(e.relatedTarget)) setLooked(true);
      }}
    >
      <div className={style.label}>
        <span id={`${id}-label`}>{label}</span>
        <span className={style.faint}>{t("connect.optional")}</span>
      </div>
      <div className={style.links}>
        <input
          ref={input}
          hidden
          type="file"
          accept=".txt"
          aria-label={label}
          onChange={(e) => {
            const file = e.target.files?.[0];
            e.target.value = ""; // choosing the same file again counts
            void take(file);
          }}
        />
        <Button onClick={() => input.current?.click()}>{t("connect.file.choose")}</Button>
        {value ? <Button onClick={() => type("")}>{t("connect.file.none")}</Button> : null}
        <span className={style.faint}>{t("connect.file.drop")}</span>
      </div>
      <Input
        aria-label={t("connect.file.called")}
        placeholder={t("connect.file.called")}
        value={name}
        status={fault === "name" ? "error" : undefined}
        autoComplete="off"
        spellCheck={false}
        onChange={(e) => type(fileText(e.target.value.trim(), content))}
      />
      <Input.TextArea
        aria-label={t("connect.file.content")}
        placeholder={t("connect.file.content")}
        value={content}
        status={fault && fault !== "name" ? "error" : undefined}
        autoSize={{ minRows: 1, maxRows: 4 }}
        spellCheck={false}
        onChange={(e) => type(fileText(name, e.target.value))}
      />
      <p id={`${id}-help`} className={said ? style.wrong : style.help} role={said ? "alert" : undefined}>
        {said ?? help}
      </p>
    </div>
  );
}
