import type { Order } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { order, saveOrder } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** What holds where nobody typed anything. */
const usual = { appeal: 7, answer: 48, undo: 10, promote: 0.95, enough: 30, demote: 0.1, window: 20 };

/** Who is called, how long members may appeal, and when a clause may act by itself. */
export function OrderForm({ saved, writable }: { saved: Order; writable: boolean }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const { data: staff } = useQuery(colleagues(community));
  const [draft, setDraft] = useState(saved);
  const save = useMutation({
    mutationFn: () => saveOrder(community, draft),
    onSuccess: async (after) => {
      client.setQueryData(order(community).queryKey, after);
      await client.invalidateQueries({ queryKey: ["settings", community, "trust"] });
    },
  });
  const number = (name: "appeal" | "answer" | "undo" | "enough" | "window", most: number) => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`order.orderForm.${name}`)}</label>
      <InputNumber
        id={`${id}-${name}`}
        disabled={!writable}
        min={1}
        max={most}
        precision={0}
        value={draft[name] || usual[name]}
        onChange={(n) => setDraft({ ...draft, [name]: n ?? 0 })}
      />
    </div>
  );
  const percent = (name: "promote" | "demote") => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`order.orderForm.${name}`)}</label>
      <InputNumber
        id={`${id}-${name}`}
        disabled={!writable}
        min={1}
        max={100}
        precision={1}
        value={Math.round((draft[name] || usual[name]) * 1000) / 10}
        onChange={(n) => setDraft({ ...draft, [name]: (n ?? 0) / 100 })}
      />
    </div>
  );
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);
  return (
    <details>
      <summary>{t("order.orderForm.title")}</summary>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-duty`}>{t("order.orderForm.duty")}</label>
          <Select
            id={`${id}-duty`}
            mode="multiple"
            disabled={!writable}
            value={draft.duty}
            showSearch={{ optionFilterProp: "label" }}
            aria-describedby={`${id}-dutyHelp`}
            onChange={(duty) => setDraft({ ...draft, duty })}
            options={(staff ?? []).map((s) => ({ value: s.id, label: s.name }))}
          />
          <p id={`${id}-dutyHelp`} className={style.faint}>
            {t("order.orderForm.dutyHelp")}
          </p>
        </div>
        {number("appeal", 365)}
        {number("answer", 2160)}
        {number("undo", 600)}
        {percent("promote")}
        {number("enough", 100_000)}
        {percent("demote")}
        {number("window", 1000)}
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        {writable ? (
          <div className={style.acts}>
            <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
              {t("action.save")}
            </Button>
          </div>
        ) : null}
      </div>
    </details>
  );
}
