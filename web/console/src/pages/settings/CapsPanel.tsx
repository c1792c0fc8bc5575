import type { Caps } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { Network } from "../../parts/DataLevel.tsx";
import { caps, saveCaps } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./CapsPanel.module.css";

/** How many members a group can have, by network, and where that number is from. */
export function CapsPanel() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(caps(community));
  return (
    <Panel title={t("capsSet.title")} note={t("capsSet.note")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : (
        <Form key={data.version} saved={data} />
      )}
    </Panel>
  );
}

function Form({ saved }: { saved: Caps }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const [list, setList] = useState(saved.caps);
  const save = useMutation({
    mutationFn: () => saveCaps(community, { caps: list, version: saved.version }),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["settings", "caps"] });
      void client.invalidateQueries({ queryKey: ["groups", community, "capacity"] });
    },
  });
  const change = (network: string, part: Partial<Caps["caps"][number]>) =>
    setList((all) => all.map((c) => (c.network === network ? { ...c, ...part } : c)));
  const right = list.every((c) => c.cap >= 1 && c.cap <= 1_000_000 && c.mark >= 0.1 && c.mark <= 1);
  const fixed = !may("manage");
  return (
    <div className={style.form}>
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col">{t("capsSet.network")}</th>
            <th scope="col">{t("capsSet.cap")}</th>
            <th scope="col">{t("capsSet.mark")}</th>
            <th scope="col">{t("capsSet.source")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((c) => (
            <tr key={c.network}>
              <th scope="row">{c.network === "*" ? t("capsSet.others") : <Network name={c.network} />}</th>
              <td>
                <span className={style.unit} aria-hidden="true">
                  {t("capsSet.cap")}
                </span>
                <Input
                  className={style.number}
                  type="number"
                  aria-label={t("capsSet.cap")}
                  disabled={fixed}
                  value={c.cap}
                  onChange={(e) => change(c.network, { cap: Math.round(Number(e.target.value)) })}
                />
              </td>
              <td>
                <span className={style.unit} aria-hidden="true">
                  {t("capsSet.mark")}
                </span>
                <Input
                  className={style.number}
                  type="number"
                  aria-label={t("capsSet.mark")}
                  disabled={fixed}
                  value={Math.round(c.mark * 100)}
                  onChange={(e) => change(c.network, { mark: Number(e.target.value) / 100 })}
                />
              </td>
              <td className={style.source}>
                <Input
                  aria-label={t("capsSet.source")}
                  placeholder={t("capsSet.source")}
                  disabled={fixed}
                  maxLength={500}
                  value={c.source}
                  onChange={(e) => change(c.network, { source: e.target.value })}
                />
                <Input
                  type="date"
                  className={style.date}
                  aria-label={t("capsSet.looked")}
                  title={t("capsSet.looked")}
                  disabled={fixed}
                  value={c.date}
                  onChange={(e) => change(c.network, { date: e.target.value })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div>
        <Button
          disabled={fixed || !right || JSON.stringify(list) === JSON.stringify(saved.caps)}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {t("capsSet.save")}
        </Button>
      </div>
    </div>
  );
}
