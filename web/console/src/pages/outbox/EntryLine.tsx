import type { OutboxEntry } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { deedWords } from "../../parts/deed.ts";
import { OutboxState } from "../../parts/OutboxState.tsx";
import { TroubleNote } from "../../parts/TroubleNote.tsx";
import { waitWords } from "../../parts/waits.ts";
import { stepAction } from "../../queries/actions.ts";
import { useKeys } from "../../queries/key.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./OutboxPage.module.css";

type Step = "allow" | "cancel";

/** By the state of an action what staff may still do about it. */
const steps: Partial<Record<OutboxEntry["state"], Step[]>> = {
  queued: ["cancel"],
  suggested: ["allow", "cancel"],
  failed: ["allow", "cancel"],
  unknown: ["allow", "cancel"],
  expired: ["allow"],
  handed: ["cancel"],
  dry: ["allow"],
};

const explained = ["failed", "unknown", "expired", "dry"] as const;
const rules = ["welcome", "lift", "schedule", "task"] as const;

interface Props {
  entry: OutboxEntry;
  /** Who asked for it. */
  by: string | undefined;
  /** The connection that carries it. */
  line: string | undefined;
}

/** One action: what, where, how it is going, and what can be done about it. */
export function EntryLine({ entry: e, by, line }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const step = useMutation({
    mutationFn: (which: Step) => stepAction(community, e.key, which, keys.of(which)),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      for (const part of ["outbox", "tasks", "attention"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  const why = explained.find((s) => s === e.state);
  const mutes = e.kind === "mute" || e.kind === "mute_all";
  return (
    <article className={style.entry}>
      <header className={style.head}>
        <h2>
          {deedWords(t, { kind: e.kind, group: e.group_name ?? "", name: e.name ?? "", lifts: mutes && !e.until })}
        </h2>
        <OutboxState state={e.state} kind={e.kind} />
      </header>
      {e.text ? <p className={style.text}>{e.text}</p> : null}
      {e.waits ? (
        <p className={style.waits}>
          {waitWords(t, e.waits)}
          {e.waits_until ? ` · ${t("outboxPage.untilClock", { when: w.when(e.waits_until, zone) })}` : null}
        </p>
      ) : null}
      {why ? <p className={style.why}>{t(`outboxPage.${why}`)}</p> : null}
      <TroubleNote entry={e} />
      <p className={style.meta}>
        <Link to="/groups/$group" params={{ group: e.group }} search={{}}>
          {e.group_name}
        </Link>
        <time>{e.done_at ? t("outboxPage.doneAt", { when: w.when(e.done_at, zone) }) : w.when(e.due_at, zone)}</time>
        <span>
          {e.by
            ? t("outboxPage.by", { name: by ?? t("tasks.somebody") })
            : t("outboxPage.byRule", { rule: t(`outboxPage.rule.${rules.find((r) => r === e.cause) ?? "other"}`) })}
        </span>
        {e.reason ? <span>{t("outboxPage.reason", { reason: e.reason })}</span> : null}
        {mutes && e.until ? <span>{t("outboxPage.muteUntil", { when: w.when(e.until, zone) })}</span> : null}
        {line ? <span>{t("outboxPage.connection", { name: line })}</span> : null}
        {e.attempts > 1 ? <span>{t("outboxPage.attempts", { count: e.attempts })}</span> : null}
      </p>
      {step.error ? <Failed trouble={asProblem(step.error)} /> : null}
      {may("act") && (steps[e.state] || e.task) ? (
        <footer className={style.foot}>
          {e.task ? (
            <Link to="/tasks" search={{ group: e.group }}>
              {t("outboxPage.task")}
            </Link>
          ) : null}
          {steps[e.state]
            ?.filter((s) => s !== "cancel" || !e.handled)
            .map((s) => (
              <Button
                key={s}
                size="small"
                {...(s === "allow" && e.state === "suggested" ? { type: "primary" as const } : {})}
                loading={step.isPending && step.variables === s}
                onClick={() => step.mutate(s)}
              >
                {t(
                  s === "cancel"
                    ? e.state === "failed" || e.state === "unknown"
                      ? "outboxPage.dismiss"
                      : "outboxPage.cancel"
                    : e.state === "suggested"
                      ? "outboxPage.allow"
                      : "outboxPage.again",
                )}
              </Button>
            ))}
        </footer>
      ) : null}
    </article>
  );
}
