import type { ReviewCard, RulingInput } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect } from "react";
import { MessageLine } from "../../parts/MessageLine.tsx";
import { newKey } from "../../queries/key.ts";
import { claim, review } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { asking, heldBy } from "./holding.ts";
import style from "./Moderation.module.css";
import { ReceiptView } from "./ReceiptView.tsx";
import { TalkPanel } from "./TalkPanel.tsx";
import { actsText, decisionText, nameText } from "./words.ts";

interface Props {
  card: ReviewCard;
  /** How many cards a decision is about. */
  count: number;
  busy: boolean;
  onRule: (body: Omit<RulingInput, "reviews">) => void;
  onChange: () => void;
  onWithdraw: () => void;
}

/** One card: what was said in its context, the receipt beside it, and what can be decided. Who opens it holds it for ten minutes. */
export function ReviewDetail({ card: c, count, busy, onRule, onChange, onWithdraw }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone, staff, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(review(community, c.id));
  const { data: everybody } = useQuery(colleagues(community));
  const mayJudge = may("moderation.judge");
  const open = c.state === "open" || c.state === "claimed" || c.state === "asked";
  const held = heldBy(c, staff?.id);
  const hold = useMutation({
    mutationFn: () => claim(community, { reviews: [c.id] }, newKey()),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["reviews", community, "list"] }),
  });
  const { mutate: take } = hold;
  const mine = c.claimed_by === staff?.id;
  const waits = asking(c, staff?.id);
  const talking = c.talk !== undefined && !c.talk.outcome;
  useEffect(() => {
    if (open && mayJudge && !held && !mine && !talking && !waits) take();
  }, [open, mayJudge, held, mine, talking, waits, take]);
  const nameOf = (id: number | undefined) => everybody?.find((x) => x.id === id)?.name ?? `#${id}`;
  const second = data?.verdicts.find((v) => v.lowered === "second")?.receipt?.verdict;
  const appeal = c.kind === "appeal";
  const unsure = c.kind === "unsure";
  return (
    <div className={style.detail}>
      <Panel
        title={
          <>
            {c.name} · {c.clause_name ? nameText(t, c.clause_name) : t(`order.kind.${c.kind}`)}
          </>
        }
        note={
          held
            ? t("order.held", { name: nameOf(held) })
            : c.state === "asked"
              ? t("order.second", { name: nameOf(c.decided_by) })
              : second && open && !talking
                ? second.first
                  ? t(second.first === staff?.id ? "order.firstIsYou" : "order.firstBy", { name: nameOf(second.first) })
                  : t("order.twoNeeded")
                : c.due_at && open && !talking && !c.paged_at
                  ? t(appeal ? "order.answerBy" : "order.pageAt", { when: w.when(c.due_at, zone) })
                  : undefined
        }
        actions={
          <Link to="/moderation/people/$person" params={{ person: c.person }}>
            {t("order.history")}
          </Link>
        }
      >
        <div className={style.form}>
          {mayJudge && open && !held && !talking ? (
            <div className={style.acts}>
              {waits ? (
                <Button disabled={busy} onClick={onWithdraw}>
                  {t("order.withdraw")}
                </Button>
              ) : (
                <Button type="primary" loading={busy} onClick={() => onRule({ what: appeal ? "grant" : "accept" })}>
                  {appeal
                    ? t("order.grant")
                    : unsure
                      ? t("order.isAdvert")
                      : c.kind === "suggest" && c.acts.length === 0
                        ? t("order.confirm")
                        : t("order.accept", { acts: actsText(t, c.acts) })}
                  <kbd>A</kbd>
                </Button>
              )}
              <Button disabled={busy} onClick={() => onRule({ what: appeal ? "reject" : "overturn" })}>
                {t(appeal ? "order.reject" : unsure ? "order.noAdvert" : "order.overturn")}
                <kbd>O</kbd>
              </Button>
              {appeal ? null : (
                <Button disabled={busy} onClick={onChange}>
                  {t(unsure ? "order.isAdvertAnd" : "order.change")}
                  <kbd>C</kbd>
                </Button>
              )}
              {count > 1 ? <span className={style.faint}>{t("order.forAll", { count })}</span> : null}
            </div>
          ) : null}
          {unsure && open ? <p className={style.faint}>{t("order.unsureTeach")}</p> : null}
          {mayJudge && c.state === "acted" && !talking ? (
            <div className={style.acts}>
              <Button disabled={busy} onClick={() => onRule({ what: "overturn" })}>
                {t("order.overturn")}
              </Button>
            </div>
          ) : null}
          {error && !data ? (
            <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
          ) : !data ? (
            <Loading rows={6} />
          ) : (
            <>
              {appeal ? <p className={style.quote}>{c.text}</p> : null}
              {(data.against ? [data.against] : data.verdicts).slice(0, 5).map((v) => (
                <ReceiptView key={v.id} verdict={v} />
              ))}
              {data.verdicts.length > 5 ? (
                <p className={style.faint}>{t("order.moreVerdicts", { count: data.verdicts.length - 5 })}</p>
              ) : null}
            </>
          )}
        </div>
      </Panel>
      {held ? null : <TalkPanel card={c} nameOf={nameOf} />}
      {data && data.rulings.length > 0 ? (
        <Panel title={t("order.rulings")}>
          <ul>
            {data.rulings.map((r) => (
              <li key={r.id}>
                {nameOf(r.staff)} · {decisionText(t, c.kind, r.what)} · {w.when(r.at, zone)}
                {r.note ? <span className={style.faint}> · {r.note}</span> : null}
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {data && data.context.length > 0 ? (
        <Panel title={t("order.context")}>
          {data.context.map((m) => (
            <MessageLine key={m.seq} message={m} emphasis={m.seq === c.seq} />
          ))}
        </Panel>
      ) : null}
    </div>
  );
}
