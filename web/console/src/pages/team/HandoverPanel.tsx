import type { Colleague, HandoverCount } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Select } from "antd";
import { useId, useState } from "react";
import { countHandover, handOver, handovers, takeBackHandover } from "../../queries/profile.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./HandoverPanel.module.css";

const parts = ["keeper", "backup", "tasks"] as const;

/** Gives a colleague's groups and tasks to another in one step: counted first, and taken back if need be. */
export function HandoverPanel() {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const ids = { from: useId(), to: useId() };
  const [of, setOf] = useState({ from: 0, to: 0, keeper: true, backup: true, tasks: true });
  const { data: staff } = useQuery(colleagues(community));
  const { data: past } = useQuery(handovers(community));
  const count = useQuery(countHandover(community, of));
  const again = () => {
    for (const part of ["settings", "tasks", "handovers", "today", "groups", "attention"])
      void client.invalidateQueries({ queryKey: [part] });
  };
  const give = useMutation({ mutationFn: () => handOver(community, of), onSettled: again });
  const back = useMutation({ mutationFn: (id: number) => takeBackHandover(community, id), onSettled: again });
  const some =
    count.data &&
    count.data.count.keeper + count.data.count.backup + count.data.count.alone + count.data.count.tasks > 0;
  const same = of.from > 0 && of.from === of.to;
  const change = (part: Partial<typeof of>) => {
    give.reset();
    setOf((was) => ({ ...was, ...part }));
  };
  const choose = (end: "from" | "to") => (
    <>
      <label htmlFor={ids[end]}>{t(`handover.${end}`)}</label>
      <Select
        id={ids[end]}
        value={of[end] || undefined}
        placeholder={t("handover.choose")}
        onChange={(v: number) => change({ [end]: v })}
        options={(staff ?? []).map((s) => ({ value: s.id, label: s.name }))}
      />
    </>
  );
  return (
    <Panel title={t("handover.title")} note={t("handover.note")}>
      <div className={style.form}>
        <div className={style.ends}>
          {choose("from")}
          {choose("to")}
        </div>
        <div className={style.parts}>
          {parts.map((p) => (
            <Checkbox key={p} checked={of[p]} onChange={(e) => change({ [p]: e.target.checked })}>
              {t(`handover.${p}`)}
            </Checkbox>
          ))}
        </div>
        <p role="status">
          {give.data ? (
            t("handover.done", numbers(give.data.count))
          ) : same ? (
            t("handover.same")
          ) : count.data && of.from && of.to ? (
            <>
              {some ? t("handover.preview", numbers(count.data.count)) : t("handover.nothing")}
              {count.data.count.alone > 0 ? ` ${t("handover.alone", { n: count.data.count.alone })}` : null}
            </>
          ) : null}
        </p>
        {count.error ? <Failed trouble={asProblem(count.error)} /> : null}
        {give.error ? <Failed trouble={asProblem(give.error)} /> : null}
        <div>
          <Button
            type="primary"
            disabled={!some || same || give.isSuccess}
            loading={give.isPending}
            onClick={() => give.mutate()}
          >
            {t("handover.do")}
          </Button>
        </div>
      </div>
      {past && past.length > 0 ? (
        <>
          <h3 className={style.past}>{t("handover.past")}</h3>
          <ul className={style.list}>
            {past.map((h) => (
              <li key={h.id}>
                <span>
                  {t("handover.line", {
                    from: nameOf(staff, h.from),
                    to: nameOf(staff, h.to),
                    ...numbers(h.count),
                  })}
                  {h.undone_at ? ` · ${t("handover.undone")}` : null}
                  {back.data && back.variables === h.id && back.data.stayed > 0
                    ? ` · ${t("handover.stayed", { n: back.data.stayed })}`
                    : null}
                </span>
                {h.undone_at ? null : (
                  <Button size="small" loading={back.isPending} onClick={() => back.mutate(h.id)}>
                    {t("handover.undo")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {back.error ? <Failed trouble={asProblem(back.error)} /> : null}
        </>
      ) : null}
    </Panel>
  );
}

const numbers = (n: HandoverCount) => ({ keeper: n.keeper, backup: n.backup + n.alone, tasks: n.tasks });

const nameOf = (staff: Colleague[] | undefined, id: number) => staff?.find((s) => s.id === id)?.name ?? `#${id}`;
