import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, InputNumber } from "antd";
import { useState } from "react";
import { useKeys } from "../../queries/key.ts";
import { givePoints, pointsOf } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** What points a member has and how they came about; some are given or taken by hand. */
export function PointsPanel({ person }: { person: number }) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const asked = pointsOf(community, person);
  const { data, error, refetch } = useQuery(asked);
  const { data: everybody } = useQuery(colleagues(community));
  const [amount, setAmount] = useState<number | null>(10);
  const [note, setNote] = useState("");
  const keys = useKeys();
  const book = useMutation({
    mutationFn: (sign: 1 | -1) => {
      const body = { amount: sign * (amount ?? 0), note: note.trim() };
      return givePoints(community, person, body, keys.of(body));
    },
    onSuccess: (after) => {
      client.setQueryData(asked.queryKey, after);
      setNote("");
    },
    onSettled: (_, failed) => keys.settle(failed),
  });
  const ready = (amount ?? 0) > 0 && note.trim() !== "";
  return (
    <Panel title={t("points.title")} note={data ? t("points.now", { n: data.balance }) : undefined}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : (
        <div className={style.form}>
          {data.entries.length === 0 ? (
            <Empty title={t("points.none")}>{t("points.noneTeach")}</Empty>
          ) : (
            <ul>
              {data.entries.map((e) => (
                <li key={e.id}>
                  <span className={e.amount < 0 ? style.serious : style.good}>
                    {e.amount > 0 ? `+${e.amount}` : e.amount}
                  </span>{" "}
                  {t(`points.reason.${e.reason}`)}
                  {e.note ? ` · ${e.note}` : ""}{" "}
                  <span className={style.faint}>
                    {e.verdict ? `· #${e.verdict} ` : ""}·{" "}
                    {e.by ? (everybody?.find((c) => c.id === e.by)?.name ?? t("points.rule")) : t("points.rule")} ·{" "}
                    {w.when(e.at, zone)}
                  </span>
                </li>
              ))}
            </ul>
          )}
          {may("points.give") ? (
            <div className={style.acts}>
              <InputNumber
                aria-label={t("points.amount")}
                min={1}
                max={1_000_000}
                precision={0}
                value={amount}
                onChange={setAmount}
              />
              <Input
                aria-label={t("points.note")}
                placeholder={t("points.note")}
                className={style.grow}
                maxLength={200}
                value={note}
                onChange={(e) => setNote(e.target.value)}
              />
              <Button disabled={!ready} loading={book.isPending && book.variables === 1} onClick={() => book.mutate(1)}>
                {t("points.give")}
              </Button>
              <Button
                disabled={!ready}
                loading={book.isPending && book.variables === -1}
                onClick={() => book.mutate(-1)}
              >
                {t("points.take")}
              </Button>
            </div>
          ) : null}
          {book.error ? <Failed trouble={asProblem(book.error)} /> : null}
        </div>
      )}
    </Panel>
  );
}
