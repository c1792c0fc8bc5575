import type { Capability, GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { OutboxState } from "../../parts/OutboxState.tsx";
import { useTrouble } from "../../parts/trouble.ts";
import { askAction } from "../../queries/actions.ts";
import { useKeys } from "../../queries/key.ts";
import { outbox, send } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./LatestPanel.module.css";

interface Props {
  group: GroupCard;
  send: Capability["can"];
}

/** Writes to the group where the machine can, hands it to a person where only they can, and says so. */
export function Compose({ group, send: can }: Props) {
  const { t } = useWords();
  const trouble = useTrouble();
  const { community } = useHere();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const keys = useKeys();
  const mine = outbox(community, group.id);
  const { data: entries } = useQuery({
    ...mine,
    enabled: can !== "nobody",
    refetchInterval: (q) =>
      q.state.data?.some((e) => e.state === "sending" || (e.state === "queued" && !e.waits)) ? 1_000 : false,
  });
  const write = useMutation({
    mutationFn: async (words: string) => {
      if (can === "machine") await send(community, group.id, words, keys.of(words));
      else await askAction(community, group.id, { kind: "send", text: words }, keys.of(words));
    },
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      setText("");
      for (const part of ["outbox", "tasks", "attention"]) void client.invalidateQueries({ queryKey: [part] });
      void client.invalidateQueries({ queryKey: ["group", group.id, "stream"] });
    },
  });
  if (can === "nobody") {
    return (
      <div className={style.compose}>
        <p className={style.cannot}>{t("compose.nobody")}</p>
      </div>
    );
  }
  const words = text.trim();
  const go = () => {
    if (words && !write.isPending) write.mutate(words);
  };
  const last = entries?.find((e) => e.kind === "send");
  return (
    <div className={style.compose}>
      {write.error ? <Failed trouble={asProblem(write.error)} onRetry={go} /> : null}
      <div className={style.row}>
        <Input.TextArea
          value={text}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter" && (e.metaKey || e.ctrlKey) && !e.nativeEvent.isComposing) go();
          }}
          autoSize={{ minRows: 1, maxRows: 5 }}
          maxLength={5000}
          placeholder={t("compose.placeholder", { count: group.members ?? group.seen, group: group.name })}
          aria-label={t("compose.label")}
        />
        <Button type="primary" onClick={go} disabled={!words} loading={write.isPending}>
          {t(can === "person" ? "compose.hand" : "compose.send")}
        </Button>
      </div>
      {can === "person" ? <p className={style.cannot}>{t("compose.byHand")}</p> : null}
      {last ? (
        <p className={style.sent} role="status">
          <OutboxState state={last.state} kind={last.kind} />
          <span className={style.sentText}>{trouble(last)?.why ?? last.text}</span>
        </p>
      ) : null}
    </div>
  );
}
