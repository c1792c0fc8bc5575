import type { Capability, GroupCard, OutboxEntry } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useRef, useState } from "react";
import { outbox, send } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./LatestPanel.module.css";

interface Props {
  group: GroupCard;
  send: Capability["can"];
}

const looks: Record<OutboxEntry["state"], string | undefined> = {
  queued: style.state,
  sending: style.state,
  done: style.done,
  failed: style.bad,
  unknown: style.open,
  suggested: style.open,
  expired: style.bad,
  cancelled: style.state,
  handed: style.open,
  dry: style.state,
};

/** Writes to the group where the machine can, and says plainly where it cannot. */
export function Compose({ group, send: can }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const [text, setText] = useState("");
  // The same key for a repeat of the same text: a message whose answer was lost is not sent twice.
  const key = useRef("");
  const mine = outbox(community, group.id);
  const { data: entries } = useQuery({
    ...mine,
    enabled: can === "machine",
    refetchInterval: (q) => (q.state.data?.some((e) => e.state === "queued" || e.state === "sending") ? 1_000 : false),
  });
  const write = useMutation({
    mutationFn: (words: string) => {
      key.current ||= crypto.randomUUID();
      return send(community, group.id, words, key.current);
    },
    onSuccess: () => {
      key.current = "";
      setText("");
      void client.invalidateQueries({ queryKey: mine.queryKey });
      void client.invalidateQueries({ queryKey: ["group", group.id, "stream"] });
    },
  });
  if (can !== "machine") {
    return (
      <div className={style.compose}>
        <p className={style.cannot}>{t(can === "person" ? "compose.byHand" : "compose.nobody")}</p>
      </div>
    );
  }
  const words = text.trim();
  const go = () => {
    if (words && !write.isPending) write.mutate(words);
  };
  const last = entries?.[0];
  return (
    <div className={style.compose}>
      {write.error ? <Failed trouble={asProblem(write.error)} onRetry={go} /> : null}
      <div className={style.row}>
        <Input.TextArea
          value={text}
          onChange={(e) => {
            setText(e.target.value);
            key.current = "";
          }}
          onKeyDown={(e) => {
            if (e.key === "Enter" && (e.metaKey || e.ctrlKey) && !e.nativeEvent.isComposing) go();
          }}
          autoSize={{ minRows: 1, maxRows: 5 }}
          maxLength={5000}
          placeholder={t("compose.placeholder", { count: group.members ?? group.seen, group: group.name })}
          aria-label={t("compose.label")}
        />
        <Button type="primary" onClick={go} disabled={!words} loading={write.isPending}>
          {t("compose.send")}
        </Button>
      </div>
      {last ? (
        <p className={style.sent} role="status">
          <span className={looks[last.state]}>{t(`outbox.${last.state}`)}</span>
          <span className={style.sentText}>{last.error || last.text}</span>
        </p>
      ) : null}
    </div>
  );
}
