import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { newKey } from "../../queries/key.ts";
import { memberCases, writeNote } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./People.module.css";

/** What colleagues wrote down about somebody. */
export function Notes({ person }: { person: number }) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const asked = memberCases(community, person);
  const { data, error, refetch } = useQuery(asked);
  const { data: everybody } = useQuery(colleagues(community));
  const [text, setText] = useState("");
  const write = useMutation({
    mutationFn: () => writeNote(community, person, text.trim(), newKey()),
    onSuccess: (after) => {
      client.setQueryData(asked.queryKey, after);
      setText("");
    },
  });
  return (
    <Panel title={t("people.notes")} note={t("people.notesNote")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : data.notes.length === 0 ? (
        <p className={style.faint}>{t("people.noNotes")}</p>
      ) : (
        <ul>
          {data.notes.map((n) => (
            <li key={`${n.at}/${n.staff}`}>
              <div className={style.line}>
                <span className={style.words}>{n.text}</span>
                <span className={style.faint}>
                  {everybody?.find((c) => c.id === n.staff)?.name ?? `#${n.staff}`} · {w.when(n.at, zone)}
                </span>
              </div>
            </li>
          ))}
        </ul>
      )}
      {may("moderation.judge") ? (
        <div className={style.write}>
          <Input.TextArea
            aria-label={t("people.notes")}
            placeholder={t("people.noteExample")}
            autoSize={{ minRows: 1, maxRows: 6 }}
            maxLength={1000}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
          <Button disabled={!text.trim()} loading={write.isPending} onClick={() => write.mutate()}>
            {t("people.writeNote")}
          </Button>
        </div>
      ) : null}
      {write.error ? <Failed trouble={asProblem(write.error)} /> : null}
    </Panel>
  );
}
