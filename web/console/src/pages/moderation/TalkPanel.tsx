import type { ReviewCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { newKey } from "../../queries/key.ts";
import { endTalk, moveToTalk } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** Roles that may decide cards, and so may mediate. */
const mediating = ["owner", "lead", "operator", "moderator"];

interface Props {
  card: ReviewCard;
  nameOf: (id: number | undefined) => string;
}

/** Moves the dispute of a card to private talk with a mediator, and takes down how that ended. */
export function TalkPanel({ card: c, nameOf }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone, staff, may } = useHere();
  const client = useQueryClient();
  const { data: everybody } = useQuery(colleagues(community));
  const [moving, setMoving] = useState(false);
  const [mediator, setMediator] = useState<number>();
  const [note, setNote] = useState("");
  const done = {
    onSuccess: () => {
      setMoving(false);
      setMediator(undefined);
      setNote("");
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["reviews"] }),
  };
  const move = useMutation({
    mutationFn: (to: number) =>
      moveToTalk(community, c.id, { mediator: to, ...(note.trim() ? { note: note.trim() } : {}) }, newKey()),
    ...done,
  });
  const end = useMutation({
    mutationFn: (settled: boolean) => endTalk(community, c.id, { settled, note: note.trim() }, newKey()),
    ...done,
  });
  const talk = c.talk;
  const talking = talk !== undefined && !talk.outcome;
  const writable = may("moderation.judge");
  if (!talk && !writable) return null;
  const failed = move.error ?? end.error;
  const ending = writable && talking && talk.mediator === staff?.id && !moving;
  const field = (label: string) => (
    <Input.TextArea
      rows={2}
      maxLength={1000}
      value={note}
      aria-label={label}
      placeholder={label}
      onChange={(e) => setNote(e.target.value)}
    />
  );
  return (
    <Panel title={t("order.talk.title")} note={t("order.talk.note")}>
      <div className={style.form}>
        {talk ? (
          <p>
            {t(`order.talk.${talk.outcome ?? "open"}`, { name: nameOf(talk.mediator) })}
            <span className={style.faint}> · {w.when(talk.ended_at ?? talk.opened_at, zone)}</span>
          </p>
        ) : null}
        {ending ? (
          <>
            {field(t("order.talk.result"))}
            <div className={style.acts}>
              <Button
                type="primary"
                disabled={!note.trim()}
                loading={end.isPending && end.variables}
                onClick={() => end.mutate(true)}
              >
                {t("order.talk.settle")}
              </Button>
              <Button
                disabled={!note.trim()}
                loading={end.isPending && !end.variables}
                onClick={() => end.mutate(false)}
              >
                {t("order.talk.giveUp")}
              </Button>
            </div>
          </>
        ) : null}
        {writable && moving ? (
          <>
            <Select<number>
              aria-label={t("order.talk.mediator")}
              placeholder={t("order.talk.mediator")}
              {...(mediator ? { value: mediator } : {})}
              onChange={setMediator}
              options={(everybody ?? [])
                .filter((x) => mediating.includes(x.role) && !(talking && x.id === talk.mediator))
                .map((x) => ({ value: x.id, label: x.name }))}
            />
            {field(t("order.talk.why"))}
            <div className={style.acts}>
              <Button onClick={() => setMoving(false)}>{t("action.cancel")}</Button>
              <Button
                type="primary"
                disabled={!mediator}
                loading={move.isPending}
                onClick={() => mediator && move.mutate(mediator)}
              >
                {t("order.talk.move")}
              </Button>
            </div>
          </>
        ) : null}
        {writable && !moving ? (
          <div className={style.acts}>
            <Button size="small" onClick={() => setMoving(true)}>
              {t(talking ? "order.talk.handOver" : "order.talk.begin")}
            </Button>
          </div>
        ) : null}
        {failed ? <Failed trouble={asProblem(failed)} /> : null}
      </div>
    </Panel>
  );
}
