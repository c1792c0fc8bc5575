import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

interface Props {
  title: string;
  /** What goes with it, and what stays. */
  teach: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something ends on the platform, where it cannot be taken back. */
export function DeleteSheet({ title, teach, remove, onClose }: Props) {
  const { t } = useWords();
  const { may } = useHere();
  const client = useQueryClient();
  const go = useMutation({
    mutationFn: remove,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  return (
    <Sheet title={title} width={440} onClose={onClose}>
      <div className={style.form}>
        <p>{teach}</p>
        {go.error ? <Refused error={go.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button danger type="primary" disabled={!may("manage")} loading={go.isPending} onClick={() => go.mutate()}>
            {t("wecom.delete")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
