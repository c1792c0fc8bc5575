import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Switch } from "antd";
import { groupOrder, saveGroupOrder } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** The kill switch of one group: everything automatic in it becomes a suggestion. */
export function GroupSwitch({ group }: { group: number }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const asked = groupOrder(community, group);
  const { data, error, refetch } = useQuery(asked);
  const save = useMutation({
    mutationFn: (part: { stopped?: boolean; off?: boolean }) => saveGroupOrder(community, group, { ...data!, ...part }),
    onSuccess: (after) => client.setQueryData(asked.queryKey, after),
  });
  const writable = may("moderation.rules");
  return (
    <Panel title={t("order.groupSwitch.title")} note={t("order.groupSwitch.note")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : (
        <dl className={style.facts}>
          <dt>{t("order.groupSwitch.kill")}</dt>
          <dd>
            <Switch
              aria-label={t("order.groupSwitch.kill")}
              disabled={!writable}
              loading={save.isPending}
              checked={data.stopped}
              onChange={(stopped) => save.mutate({ stopped })}
            />{" "}
            <span className={style.faint}>{t("order.killTeach")}</span>
          </dd>
          <dt>{t("order.groupSwitch.judging")}</dt>
          <dd>
            <Switch
              aria-label={t("order.groupSwitch.judging")}
              disabled={!writable}
              loading={save.isPending}
              checked={!data.off}
              onChange={(on) => save.mutate({ off: !on })}
            />{" "}
            <span className={style.faint}>{t("order.judgingTeach")}</span>
          </dd>
        </dl>
      )}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
    </Panel>
  );
}
