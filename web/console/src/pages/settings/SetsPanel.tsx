import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { groupSets, saveGroupSets } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsPage.module.css";

/** Named sets of groups. They are made where groups are chosen. */
export function SetsPanel() {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(groupSets(community));
  const drop = useMutation({
    mutationFn: (name: string) =>
      saveGroupSets(community, {
        version: data?.version ?? 0,
        sets: (data?.sets ?? []).filter((s) => s.name !== name),
      }),
    onSettled: () => void client.invalidateQueries({ queryKey: ["settings", "sets"] }),
  });
  return (
    <Panel title={t("setsSet.title")} note={t("setsSet.note")}>
      {drop.error ? <Failed trouble={asProblem(drop.error)} /> : null}
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : data.sets.length === 0 ? (
        <Empty title={t("setsSet.none")}>{t("setsSet.noneTeach")}</Empty>
      ) : (
        <ul className={style.parked}>
          {data.sets.map((s) => (
            <li key={s.name}>
              <span>
                {s.name} <span className={style.faint}>{t("setsSet.groups", { count: s.groups.length })}</span>
              </span>
              {may("manage") ? (
                <Button
                  size="small"
                  aria-label={t("setsSet.remove", { name: s.name })}
                  loading={drop.isPending && drop.variables === s.name}
                  onClick={() => drop.mutate(s.name)}
                >
                  {t("action.remove")}
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
