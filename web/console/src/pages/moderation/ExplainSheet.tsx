import type { Explanation, Verdict } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { explain } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";
import { ReceiptView } from "./ReceiptView.tsx";
import { cut } from "./spans.ts";
import { categoryText, foundText } from "./words.ts";

/** How a message is judged by the rules of today, whether anything came of it or not. */
export function ExplainSheet({ seq, onClose }: { seq: number; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(explain(community, seq));
  return (
    <Sheet title={t("order.explainTitle")} width={520} onClose={onClose}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <div className={style.form}>
          {data.fired ? <ReceiptView verdict={asVerdict(data)} /> : <Nothing x={data} />}
          {data.receipt.verdict.spared ? (
            <p>
              {t("order.explainSpared", {
                why: t(`order.sparedBy.${data.receipt.verdict.spared as "staff"}`, {
                  defaultValue: data.receipt.verdict.spared,
                }),
              })}
            </p>
          ) : null}
          {data.verdicts.length > 0 ? <p>{t("order.explainThen", { n: data.verdicts.length })}</p> : null}
          {data.recent ? null : <p className={style.faint}>{t("order.explainRecent")}</p>}
        </div>
      )}
    </Sheet>
  );
}

/** What was found in a message for which no clause fires. */
function Nothing({ x }: { x: Explanation }) {
  const { t } = useWords();
  const places = [
    ...(x.reading.hits ?? [])
      .filter((h) => !h.exception)
      .map((h) => ({ start: h.start, end: h.end, why: `${categoryText(t, h.category)}：${h.entry}` })),
    ...(x.reading.found ?? []).map((f) => ({
      start: f.start,
      end: f.end,
      why: foundText(t, f),
    })),
  ];
  return (
    <>
      <p className={style.quote}>
        {cut(x.receipt.text, places).map((p, i) => (p.why ? <mark key={i}>{p.text}</mark> : p.text))}
      </p>
      <p>{t("order.explainNothing")}</p>
      {places.length > 0 ? <p>{places.map((p) => p.why).join(t("order.semicolon"))}</p> : null}
    </>
  );
}

/** The explanation in the shape of a verdict of which nothing came. */
function asVerdict(x: Explanation): Verdict {
  const v = x.receipt.verdict;
  return {
    id: 0,
    seq: x.seq,
    at: 0,
    judged_at: 0,
    group: 0,
    group_name: "",
    member: 0,
    name: "",
    clause: v.clause ?? "",
    category: v.category ?? "",
    policy_group: x.policy_group,
    policy_version: x.policy_version,
    severity: v.severity ?? 3,
    stage: (v.stage ?? "suggest") as Verdict["stage"],
    strike: v.strike ?? 0,
    receipt: x.receipt,
    actions: [],
  };
}
