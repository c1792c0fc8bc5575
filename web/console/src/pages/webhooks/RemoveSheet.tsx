import type { Webhook } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { removeWebhook } from "../../queries/webhooks.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Webhooks.module.css";

/** Asks before a webhook ends. */
export function RemoveSheet({ webhook: h, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeWebhook(community, h.name, h.version),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["webhooks"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("webhooks.removeTitle", { name: h.name })} width={440} onClose={onClose}>
      <div className={style.form}>
        <p>{t("webhooks.removeTeach")}</p>
        {remove.error ? <Failed trouble={asProblem(remove.error)} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button danger type="primary" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("webhooks.remove")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
