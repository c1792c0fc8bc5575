import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, InputNumber, Popconfirm, Select } from "antd";
import { useState } from "react";
import { newKey } from "../../queries/key.ts";
import { amnesty, giveAmnesty, undoAmnesty } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

const day = 86_400_000; // milliseconds
const shown = 20;

/** Forgives strikes of many at once: who is meant is seen before, and it can be undone. */
export function AmnestyPanel() {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const [opened] = useState(() => Date.now());
  const [chosen, setChosen] = useState<number[]>([]);
  const [days, setDays] = useState<number | null>(null);
  const [note, setNote] = useState("");
  const what = { groups: chosen, before: days ? opened - days * day : 0 };
  const choices = useGroupChoices(chosen);
  const { data: everybody } = useQuery(colleagues(community));
  const { data, error, refetch } = useQuery(amnesty(community, what));
  const seen = { onSettled: () => void client.invalidateQueries({ queryKey: ["amnesty", community] }) };
  const give = useMutation({
    mutationFn: () => giveAmnesty(community, { ...what, ...(note.trim() ? { note: note.trim() } : {}) }, newKey()),
    onSuccess: () => setNote(""),
    ...seen,
  });
  const undo = useMutation({
    mutationFn: (seq: number) => undoAmnesty(community, seq, newKey()),
    ...seen,
  });
  const failed = give.error ?? undo.error;
  const writable = may("moderation.judge");
  return (
    <Panel
      title={t("order.amnesty.title")}
      note={t(data?.limited ? "order.amnesty.noteLimited" : "order.amnesty.note")}
    >
      <div className={style.form}>
        <div className={style.bar}>
          <Select
            mode="multiple"
            aria-label={t("order.amnesty.groups")}
            placeholder={t(data?.limited ? "order.amnesty.myGroups" : "order.allGroups")}
            style={{ minWidth: 220, maxWidth: "100%" }}
            maxTagCount="responsive"
            value={chosen}
            onChange={(list) => {
              choices.forget();
              setChosen(list);
            }}
            showSearch={choices.showSearch}
            options={choices.options}
          />
          <InputNumber
            style={{ width: 180 }}
            min={1}
            max={3650}
            precision={0}
            value={days}
            aria-label={t("order.amnesty.olderThan")}
            placeholder={t("order.amnesty.anyAge")}
            suffix={t("order.amnesty.daysAgo")}
            onChange={setDays}
          />
        </div>
        {error && !data ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={2} />
        ) : (
          <>
            <p>
              {data.strikes === 0
                ? t("order.amnesty.nobody")
                : t("order.amnesty.meant", { strikes: w.count(data.strikes), members: w.count(data.members) })}
            </p>
            {data.people.length > 0 ? (
              <p className={style.faint}>
                {data.people
                  .slice(0, shown)
                  .map((p) => `${p.name || `#${p.person}`} ×${p.strikes}`)
                  .join(t("order.comma"))}
                {data.people.length > shown ? "…" : ""}
              </p>
            ) : null}
            {writable && data.strikes > 0 ? (
              <div className={style.bar}>
                <Input
                  style={{ maxWidth: 320 }}
                  maxLength={1000}
                  value={note}
                  aria-label={t("order.amnesty.why")}
                  placeholder={t("order.amnesty.why")}
                  onChange={(e) => setNote(e.target.value)}
                />
                <Popconfirm title={t("order.amnesty.sure")} onConfirm={() => give.mutate()}>
                  <Button loading={give.isPending}>{t("order.amnesty.give")}</Button>
                </Popconfirm>
              </div>
            ) : null}
            {failed ? <Failed trouble={asProblem(failed)} /> : null}
            {data.past.length > 0 ? (
              <ul>
                {data.past.map((p) => (
                  <li key={p.seq} className={style.line}>
                    <span className={style.words}>
                      {t("order.amnesty.was", { strikes: w.count(p.strikes), members: w.count(p.members) })}{" "}
                      <span className={style.faint}>
                        · {everybody?.find((c) => c.id === p.staff)?.name ?? `#${p.staff}`} · {w.when(p.at, zone)}
                        {p.left === 0 ? ` · ${t("order.amnesty.undone")}` : ""}
                      </span>
                    </span>
                    {writable && p.left > 0 && !data.limited ? (
                      <Button
                        size="small"
                        loading={undo.isPending && undo.variables === p.seq}
                        onClick={() => undo.mutate(p.seq)}
                      >
                        {t("order.amnesty.undo")}
                      </Button>
                    ) : null}
                  </li>
                ))}
              </ul>
            ) : null}
          </>
        )}
      </div>
    </Panel>
  );
}
