import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { removeConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";

/** Asks before a connection ends, and says what stays. */
export function RemoveSheet({ connection: c, onClose }: { connection: Connection; onClose: () => void }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => removeConnection(community, c.name, c.version),
    onSuccess: async () => {
      await navigate({ to: "/connections", search: {} });
      await Promise.all(["connections", "capabilities"].map((k) => client.invalidateQueries({ queryKey: [k] })));
    },
  });
  return (
    <Sheet title={t("connection.removeTitle", { name: c.title || c.name })} width={460} onClose={onClose}>
      <ul className={style.stays}>
        <li>{t("connection.removeStops", { count: c.groups, n: w.exact(c.groups) })}</li>
        <li>{t("connection.removeStays")}</li>
        <li>{t("connection.removeSecrets")}</li>
        <li>{t("connection.removeInstead")}</li>
      </ul>
      {remove.error ? <Failed trouble={asProblem(remove.error)} /> : null}
      <div className={style.links}>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button danger type="primary" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t("connection.removeNow")}
        </Button>
      </div>
    </Sheet>
  );
}
