import type { ActionInput, Capability, GroupCard, Message } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input, Segmented } from "antd";
import { useId, useState } from "react";
import { OutboxState } from "../../parts/OutboxState.tsx";
import { TroubleNote } from "../../parts/TroubleNote.tsx";
import { waitWords } from "../../parts/waits.ts";
import { askAction, oneAction } from "../../queries/actions.ts";
import { useKeys } from "../../queries/key.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Actions.module.css";

/** What somebody wants to do, and about which message or which member. */
export interface Asking {
  kind: "mute" | "remove" | "recall" | "announce" | "mute_all";
  message?: Message;
  member?: { id: number; name: string };
}

interface Props {
  group: GroupCard;
  asking: Asking;
  can: Capability["can"];
  onClose: () => void;
}

const lengths = ["10", "60", "1440", "10080"] as const; // minutes
type Length = (typeof lengths)[number];
const reasons = ["flood", "ad", "insult", "off", "fraud"] as const;

/** Asks for something to be done in a group, and then says what becomes of it. */
export default function ActionSheet({ group, asking, can, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const { kind, message, member } = asking;
  const keys = useKeys();
  const ask = useMutation({
    mutationFn: (body: ActionInput) => askAction(community, group.id, body, keys.of(body)),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      for (const part of ["outbox", "tasks", "attention"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  const name = member?.name || message?.name || t("message.nameless");
  const start = (more: Partial<ActionInput>) =>
    ask.mutate({ kind, ...(message ? { seq: message.seq } : member ? { member: member.id } : {}), ...more });
  return (
    <Sheet title={t(`act.title.${kind}`, { name })} onClose={onClose} width={440}>
      <div className={style.form}>
        {message?.text && kind !== "mute" ? <blockquote className={style.quote}>{message.text}</blockquote> : null}
        {ask.data ? (
          <Outcome entry={ask.data.key} group={group} mutes={kind === "mute" && can === "machine"} />
        ) : (
          <>
            {can === "nobody" ? <p className={style.note}>{t("act.nobody")}</p> : null}
            {can === "person" ? <p className={style.note}>{t("act.personTeach")}</p> : null}
            {kind === "announce" ? (
              <Announcement group={group} can={can} busy={ask.isPending} onAsk={(text) => start({ text })} />
            ) : can === "nobody" ? null : (
              <Reasoned kind={kind} can={can} busy={ask.isPending} onAsk={start} />
            )}
            {ask.error ? <Failed trouble={asProblem(ask.error)} /> : null}
          </>
        )}
      </div>
    </Sheet>
  );
}

interface ReasonedProps {
  kind: "mute" | "remove" | "recall" | "mute_all";
  can: Capability["can"];
  busy: boolean;
  onAsk: (more: Partial<ActionInput>) => void;
}

/** How long, and why. Muting a member can be taken back, so a reason given is enough to do it. */
function Reasoned({ kind, can, busy, onAsk }: ReasonedProps) {
  const { t } = useWords();
  const id = useId();
  const [minutes, setMinutes] = useState<Length>("10");
  const [reason, setReason] = useState("");
  const timed = kind === "mute" || kind === "mute_all";
  const go = (why: string) =>
    onAsk({ ...(timed ? { minutes: Number(minutes) } : {}), ...(why.trim() ? { reason: why.trim() } : {}) });
  const quick = kind === "mute";
  return (
    <>
      {timed ? (
        <Segmented<Length>
          block
          aria-label={t("act.howLong")}
          value={minutes}
          onChange={setMinutes}
          options={lengths.map((m) => ({ value: m, label: t(`act.minutes.${m}`) }))}
        />
      ) : null}
      <fieldset className={style.why}>
        <legend>{t(quick ? "act.whyMute" : "act.why")}</legend>
        <div className={style.reasons}>
          {reasons.map((r) => {
            const words = t(`act.reason.${r}`);
            return (
              <Button
                key={r}
                disabled={busy}
                aria-pressed={quick ? undefined : reason === words}
                type={!quick && reason === words ? "primary" : "default"}
                onClick={() => (quick ? go(words) : setReason(words))}
              >
                {words}
              </Button>
            );
          })}
        </div>
        <label htmlFor={id} className="unseen">
          {t("act.reasonOwn")}
        </label>
        <Input
          id={id}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
          maxLength={500}
          placeholder={t("act.reasonOwn")}
        />
      </fieldset>
      {kind === "remove" && can === "machine" ? <p className={style.note}>{t("act.riskTeach")}</p> : null}
      <Button
        type="primary"
        danger={kind === "remove" && can === "machine"}
        loading={busy}
        disabled={!reason.trim() && kind !== "recall"}
        onClick={() => go(reason)}
      >
        {t(can === "person" ? "act.doPerson" : `act.do.${kind}`)}
      </Button>
    </>
  );
}

interface AnnouncementProps {
  group: GroupCard;
  can: Capability["can"];
  busy: boolean;
  onAsk: (text: string) => void;
}

function Announcement({ group, can, busy, onAsk }: AnnouncementProps) {
  const { t } = useWords();
  const id = useId();
  const [text, setText] = useState("");
  return (
    <>
      <label htmlFor={id}>{t("act.text")}</label>
      <Input.TextArea
        id={id}
        value={text}
        onChange={(e) => setText(e.target.value)}
        autoSize={{ minRows: 5, maxRows: 14 }}
        maxLength={5000}
        placeholder={t("act.announceExample")}
      />
      {group.members != null ? <p className={style.note}>{t("act.reach", { count: group.members })}</p> : null}
      <Button type="primary" loading={busy} disabled={!text.trim()} onClick={() => onAsk(text.trim())}>
        {t(can === "person" ? "act.doPerson" : "act.do.announce")}
      </Button>
    </>
  );
}

/** What becomes of it, live; a mute can be lifted at once. */
function Outcome({ entry, group, mutes }: { entry: string; group: GroupCard; mutes: boolean }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { data } = useQuery(oneAction(community, entry));
  const keys = useKeys();
  const lift = useMutation({
    mutationFn: () => {
      const body = { kind: "mute", member: data?.member ?? 0, minutes: 0 } as const;
      return askAction(community, group.id, body, keys.of(body));
    },
    onSettled: (_, error) => keys.settle(error),
  });
  if (!data) return <p role="status">{t("act.asked")}</p>;
  return (
    <>
      <p role="status" className={style.outcome}>
        <OutboxState state={data.state} kind={data.kind} />
        {data.waits ? (
          <span>
            {waitWords(t, data.waits)}
            {data.waits_until ? ` · ${t("outboxPage.untilClock", { when: w.when(data.waits_until, zone) })}` : null}
          </span>
        ) : null}
        {mutes && data.until ? <span>{t("outboxPage.muteUntil", { when: w.when(data.until, zone) })}</span> : null}
      </p>
      <TroubleNote entry={data} />
      {lift.error ? <Failed trouble={asProblem(lift.error)} /> : null}
      {lift.data ? <p className={style.note}>{t("act.undone")}</p> : null}
      <div className={style.reasons}>
        {mutes && data.state === "done" && data.member && !lift.data ? (
          <Button loading={lift.isPending} onClick={() => lift.mutate()}>
            {t("act.undo")}
          </Button>
        ) : null}
        {data.task ? (
          <Link to="/tasks" search={{ group: group.id }}>
            {t("act.toTask")}
          </Link>
        ) : (
          <Link to="/outbox" search={{ group: group.id }}>
            {t("act.toOutbox")}
          </Link>
        )}
      </div>
    </>
  );
}
