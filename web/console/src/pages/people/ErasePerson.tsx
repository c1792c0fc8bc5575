import type { PersonView } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { erasePerson, privacy } from "../../queries/house.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./People.module.css";

/** Erasing cannot be taken back, so the name is typed once more. */
export function ErasePerson({ person: p }: { person: PersonView }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <Panel
      title={t("people.erase")}
      note={t("people.eraseNote")}
      actions={
        <Button danger onClick={() => setOpen(true)}>
          {t("people.eraseThis")}
        </Button>
      }
    >
      {open ? <Confirm person={p} onClose={() => setOpen(false)} /> : null}
    </Panel>
  );
}

function Confirm({ person: p, onClose }: { person: PersonView; onClose: () => void }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const client = useQueryClient();
  const go = useNavigate();
  const id = useId();
  const name = p.name || `#${p.id}`;
  const [typed, setTyped] = useState("");
  const erase = useMutation({
    mutationFn: () => erasePerson(community, p.id),
    onSuccess: (after) => {
      client.setQueryData(privacy(community).queryKey, after);
      void client.invalidateQueries({ queryKey: ["people"] });
      void go({ to: "/settings/privacy" });
    },
  });
  return (
    <Sheet title={t("people.eraseTitle", { name })} width={480} onClose={onClose}>
      <div className={style.page}>
        <p>{t("people.eraseGone", { count: p.messages, n: w.count(p.messages) })}</p>
        <p>{t("people.eraseStays")}</p>
        <div>
          <label htmlFor={id}>{t("people.eraseType", { name })}</label>
          <Input id={id} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" />
        </div>
        {erase.error ? <Failed trouble={asProblem(erase.error)} /> : null}
        <div className={style.bar}>
          <Button
            danger
            type="primary"
            disabled={typed.trim() !== name.trim()}
            loading={erase.isPending}
            onClick={() => erase.mutate()}
          >
            {t("people.eraseNow")}
          </Button>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
        </div>
      </div>
    </Sheet>
  );
}
