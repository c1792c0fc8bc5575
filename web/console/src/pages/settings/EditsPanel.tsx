import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { groupEdits, undoEdit } from "../../queries/edits.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useNow } from "../../words/useNow.ts";
import { useWords } from "../../words/useWords.ts";
import type { Field } from "../overview/edit.ts";
import style from "./SettingsPage.module.css";

/** Settings that were changed in many groups lately, to be taken back. Absent where there are none. */
export function EditsPanel() {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const now = useNow(60_000);
  const { data: edits, error } = useQuery(groupEdits(community));
  const { data: staff } = useQuery(colleagues(community));
  const back = useMutation({
    mutationFn: (id: number) => undoEdit(community, id),
    onSettled: () => {
      for (const part of ["settings", "group", "groups", "tasks", "attention", "outbox"])
        void client.invalidateQueries({ queryKey: [part] });
    },
  });
  if (error && !edits) return <Failed trouble={asProblem(error)} />;
  if (!edits || edits.length === 0) return null;
  return (
    <Panel title={t("edits.past")} note={t("edits.pastNote")}>
      <ul className={style.parked}>
        {edits.map((e) => (
          <li key={e.id}>
            <span>
              {e.fields.map((f) => t(`edits.field.${f as Field}`)).join(" · ")}{" "}
              <span className={style.faint}>
                {t("edits.line", {
                  who: staff?.find((s) => s.id === e.by)?.name ?? `#${e.by}`,
                  when: w.when(e.at, zone),
                  count: e.groups,
                })}
                {e.undone_at ? ` · ${t("edits.over")}` : null}
                {back.data && back.variables === e.id && back.data.stayed > 0
                  ? ` · ${t("edits.stayed", { count: back.data.stayed })}`
                  : null}
              </span>
            </span>
            {e.undone_at || e.undo_until < now ? null : (
              <Button
                size="small"
                loading={back.isPending && back.variables === e.id}
                disabled={back.isPending}
                onClick={() => back.mutate(e.id)}
              >
                {t("edits.undo")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {back.error ? <Failed trouble={asProblem(back.error)} /> : null}
    </Panel>
  );
}
