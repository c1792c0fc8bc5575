import { Button, Checkbox, Input } from "antd";
import { useId, useState } from "react";
import { useWords } from "../../words/useWords.ts";
import style from "./TaskCard.module.css";

interface Props {
  how: "done" | "dropped";
  kind: string;
  busy: boolean;
  onClose: (proof: string) => void;
  onCancel: () => void;
}

/** What a drill looks at (S94). */
const checks = ["channel", "text", "files", "people", "staff"] as const;
type Check = (typeof checks)[number];

const usual = { done: ["client", "told", "already"], dropped: ["solved", "wrong", "late"] } as const;

/** What shows that a task is done, or why it is not to be: a tap on a usual answer, or a sentence. */
export function CloseForm({ how, kind, busy, onClose, onCancel }: Props) {
  const { t } = useWords();
  const id = useId();
  const [proof, setProof] = useState("");
  const [passed, setPassed] = useState<Check[]>([]);
  const drill = how === "done" && kind === "drill";
  // What did not pass needs a word; a drill is done when all was looked at.
  const enough = drill ? passed.length === checks.length || proof.trim() !== "" : proof.trim() !== "";
  const words = () =>
    drill
      ? [
          ...checks.map((c) => `${passed.includes(c) ? "✓" : "✗"} ${t(`tasks.check.${c}`)}`),
          ...(proof.trim() ? [proof.trim()] : []),
        ].join("\n")
      : proof.trim();
  const answers =
    how === "done"
      ? usual.done.map((u) => t(`tasks.usual.done.${u}`))
      : usual.dropped.map((u) => t(`tasks.usual.dropped.${u}`));
  return (
    <form
      className={style.form}
      onSubmit={(e) => {
        e.preventDefault();
        if (enough) onClose(words());
      }}
    >
      <label htmlFor={id}>{t(drill ? "tasks.checks" : `tasks.proof.${how}`)}</label>
      {drill ? (
        <Checkbox.Group
          className={style.checks}
          value={passed}
          onChange={(list) => setPassed(list)}
          options={checks.map((c) => ({ value: c, label: t(`tasks.check.${c}`) }))}
        />
      ) : (
        <div className={style.usual}>
          {answers.map((a) => (
            <Button key={a} disabled={busy} onClick={() => onClose(a)}>
              {a}
            </Button>
          ))}
        </div>
      )}
      <Input.TextArea
        id={id}
        value={proof}
        onChange={(e) => setProof(e.target.value)}
        autoSize={{ minRows: 1, maxRows: 4 }}
        maxLength={2000}
        placeholder={t(drill ? "tasks.checkNote" : "tasks.orWrite")}
      />
      <div className={style.foot}>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!enough}>
          {t(how === "done" ? "tasks.closeDone" : "tasks.closeDropped")}
        </Button>
        <Button type="text" onClick={onCancel}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}
