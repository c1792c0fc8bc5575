import { Button, Input } from "antd";
import { useId, useState } from "react";
import { useWords } from "../../words/useWords.ts";
import style from "./TaskCard.module.css";

interface Props {
  how: "done" | "dropped";
  busy: boolean;
  onClose: (proof: string) => void;
  onCancel: () => void;
}

const usual = { done: ["client", "told", "already"], dropped: ["solved", "wrong", "late"] } as const;

/** What shows that a task is done, or why it is not to be: a tap on a usual answer, or a sentence. */
export function CloseForm({ how, busy, onClose, onCancel }: Props) {
  const { t } = useWords();
  const id = useId();
  const [proof, setProof] = useState("");
  const answers =
    how === "done"
      ? usual.done.map((u) => t(`tasks.usual.done.${u}`))
      : usual.dropped.map((u) => t(`tasks.usual.dropped.${u}`));
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        if (proof.trim()) onClose(proof.trim());
      }}
    >
      <label htmlFor={id}>{t(`tasks.proof.${how}`)}</label>
      <div className={style.usual}>
        {answers.map((a) => (
          <Button key={a} disabled={busy} onClick={() => onClose(a)}>
            {a}
          </Button>
        ))}
      </div>
      <Input.TextArea
        id={id}
        value={proof}
        onChange={(e) => setProof(e.target.value)}
        autoSize={{ minRows: 1, maxRows: 4 }}
        maxLength={2000}
        placeholder={t("tasks.orWrite")}
      />
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!proof.trim()}>
          {t(how === "done" ? "tasks.closeDone" : "tasks.closeDropped")}
        </Button>
        <Button type="text" onClick={onCancel}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}
