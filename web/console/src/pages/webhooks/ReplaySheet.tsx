import type { Webhook } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Radio } from "antd";
import { useState } from "react";
import { replayWebhook } from "../../queries/webhooks.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Webhooks.module.css";

/** Sends again from a place in the log on, or leaves the backlog out. */
export function ReplaySheet({ webhook: h, onClose }: { webhook: Webhook; onClose: () => void }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const client = useQueryClient();
  const [how, setHow] = useState<"from" | "all" | "skip">("from");
  const [after, setAfter] = useState(String(h.cursor));
  const head = h.cursor + h.behind;
  const place = Number(after);
  const fine = how !== "from" || (/^\d+$/.test(after.trim()) && place <= head);
  const replay = useMutation({
    mutationFn: () => replayWebhook(community, h.name, how === "skip" ? -1 : how === "all" ? 0 : place),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["webhooks"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("webhooks.replayTitle", { name: h.name })} width={440} onClose={onClose}>
      <div className={style.form}>
        <p className={style.faint}>
          {t("webhooks.cursor")} {t("webhooks.position", { n: w.exact(h.cursor) })}
          {h.behind > 0 ? ` · ${t("webhooks.behind", { count: h.behind, n: w.exact(h.behind) })}` : null}
        </p>
        <Radio.Group
          aria-label={t("webhooks.replay")}
          className={style.choices}
          value={how}
          onChange={(e) => setHow(e.target.value as typeof how)}
          options={[
            { value: "from", label: t("webhooks.replayFrom") },
            { value: "all", label: t("webhooks.replayAll") },
            { value: "skip", label: t("webhooks.replaySkip") },
          ]}
        />
        {how === "from" ? (
          <div className={style.field}>
            <Input
              aria-label={t("webhooks.replayFrom")}
              value={after}
              inputMode="numeric"
              status={fine ? undefined : "error"}
              onChange={(e) => setAfter(e.target.value)}
            />
            {fine ? null : <p className={style.wrong}>{t("webhooks.replayWrong", { n: w.exact(head) })}</p>}
          </div>
        ) : null}
        {how === "skip" ? null : <p className={style.faint}>{t("webhooks.replayTeach")}</p>}
        {replay.error ? <Failed trouble={asProblem(replay.error)} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="primary" disabled={!fine} loading={replay.isPending} onClick={() => replay.mutate()}>
            {t("webhooks.replayNow")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
