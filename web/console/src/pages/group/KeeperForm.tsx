import type { Colleague, Keeper } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useId, useState } from "react";
import { colleagues, keeper, saveKeeper } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsDrawer.module.css";

/** Who looks after the group, and who when they do not. */
export function KeeperForm({ group }: { group: number }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(keeper(community, group));
  const { data: staff } = useQuery(colleagues(community));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data || !staff) return <Loading rows={2} />;
  return <Form key={data.version} group={group} saved={data} staff={staff} />;
}

function Form({ group, saved, staff }: { group: number; saved: Keeper; staff: Colleague[] }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const ids = { keeper: useId(), backup: useId() };
  const [who, setWho] = useState(saved.staff);
  const [backup, setBackup] = useState(saved.backup);
  const save = useMutation({
    mutationFn: () => saveKeeper(community, group, { staff: who, backup, version: saved.version }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["settings", "keeper"] });
      void client.invalidateQueries({ queryKey: ["tasks"] });
    },
  });
  const options = [{ value: 0, label: t("keeperSet.nobody") }, ...staff.map((s) => ({ value: s.id, label: s.name }))];
  const same = who !== 0 && who === backup;
  return (
    <div className={style.form}>
      <p className={style.teach}>{t("keeperSet.teach")}</p>
      <div className={style.pair}>
        <label htmlFor={ids.keeper}>{t("keeperSet.keeper")}</label>
        <Select id={ids.keeper} value={who} onChange={setWho} options={options} />
        <label htmlFor={ids.backup}>{t("keeperSet.backup")}</label>
        <Select
          id={ids.backup}
          value={backup}
          onChange={setBackup}
          options={options}
          status={same ? "error" : ""}
          disabled={who === 0}
        />
      </div>
      {same ? <p className={style.teach}>{t("keeperSet.same")}</p> : null}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.foot}>
        <Button
          loading={save.isPending}
          disabled={same || (who === saved.staff && backup === saved.backup)}
          onClick={() => save.mutate()}
        >
          {t("action.save")}
        </Button>
      </div>
    </div>
  );
}
