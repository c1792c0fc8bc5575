import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { promote, trust } from "../../queries/measures.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ShareOf } from "./Measured.tsx";
import common from "./Moderation.module.css";
import { nameText } from "./words.ts";

/** Which clauses people's decisions speak for: those may act by themselves with one click, and lose that by themselves. */
export function TrustPanel({ group }: { group: number }) {
  const w = useWords();
  const { t } = w;
  const { community, may, staff } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(trust(community, group));
  const raise = useMutation({
    mutationFn: (clause: string) => promote(community, group, clause, data?.version ?? 0),
    onSuccess: async (after) => {
      client.setQueryData(trust(community, group).queryKey, after);
      await client.invalidateQueries({ queryKey: ["settings", community, "policy"] });
    },
  });
  const list = (data?.clauses ?? []).filter((c) => c.stage === "auto" || c.right.of > 0);
  return (
    <Panel
      title={t("measures.trust")}
      note={
        data
          ? t("measures.trustNote", {
              from: w.percent(data.from),
              enough: data.enough,
              window: data.window,
              limit: w.percent(data.limit),
            }) + (staff?.limited && !(group && data.own) ? t("measures.trustMine") : "")
          : undefined
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : list.length === 0 ? (
        <p className={common.faint}>{t("measures.trustNone")}</p>
      ) : (
        <ul>
          {list.map((c) => (
            <li key={c.clause}>
              <article className={common.line} aria-label={nameText(t, c.name)}>
                <div className={common.words}>
                  <p className={common.head}>
                    <span className={common.name}>{nameText(t, c.name)}</span>
                    <span className={common.faint}>{t(`order.stage.${c.stage}`)}</span>
                  </p>
                  <p className={common.faint}>{t("measures.right")}</p>
                  <ShareOf share={c.right} formula={t("measures.formula.precision")} />
                  {c.last.hits > 0 ? (
                    <p className={common.faint}>{t("measures.last", { hits: c.last.hits, of: c.last.of })}</p>
                  ) : null}
                </div>
                {c.earned && data.own && may("moderation.rules") ? (
                  <Button
                    type="primary"
                    size="small"
                    loading={raise.isPending && raise.variables === c.clause}
                    onClick={() => raise.mutate(c.clause)}
                  >
                    {t("measures.promote")}
                  </Button>
                ) : null}
              </article>
            </li>
          ))}
        </ul>
      )}
      {raise.error ? <Failed trouble={asProblem(raise.error)} /> : null}
    </Panel>
  );
}
