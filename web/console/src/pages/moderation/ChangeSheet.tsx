import type { Act } from "@qunying/api/model";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { ActsEditor } from "./ActsEditor.tsx";
import style from "./Moderation.module.css";

interface Props {
  acts: Act[];
  busy: boolean;
  onSave: (acts: Act[], note: string) => void;
  onClose: () => void;
}

/** Something else than what is proposed. */
export function ChangeSheet({ acts, busy, onSave, onClose }: Props) {
  const { t } = useWords();
  const id = useId();
  const [chosen, setChosen] = useState(acts);
  const [note, setNote] = useState("");
  return (
    <Sheet title={t("order.changeTitle")} width={440} onClose={onClose}>
      <div className={style.form}>
        <ActsEditor acts={chosen} onChange={setChosen} />
        <div className={style.field}>
          <label htmlFor={`${id}-note`}>{t("order.why")}</label>
          <Input.TextArea
            id={`${id}-note`}
            rows={3}
            maxLength={1000}
            value={note}
            onChange={(e) => setNote(e.target.value)}
          />
        </div>
        <div className={style.acts}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            disabled={chosen.length === 0}
            loading={busy}
            onClick={() => onSave(chosen, note.trim())}
          >
            {t("order.do")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
