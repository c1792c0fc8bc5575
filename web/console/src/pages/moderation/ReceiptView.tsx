import type { Verdict } from "@qunying/api/model";
import { Carried } from "../../parts/Carried.tsx";
import { OutboxState } from "../../parts/OutboxState.tsx";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";
import { cut } from "./spans.ts";
import { actsText, actText, aspectText, clauseText, nameText, reasonText } from "./words.ts";

/** Why a message was judged as it was: the words that fired, the rule, earlier strikes, what would have changed it. */
export function ReceiptView({ verdict: v }: { verdict: Verdict }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const r = v.receipt;
  if (!r) return <p className={style.faint}>{t("order.erased")}</p>;
  const reasons = r.verdict.reasons ?? [];
  const places = reasons.map((x) => ({ start: x.start, end: x.end, why: reasonText(t, x) }));
  const unless = (r.verdict.unless ?? []).map((u) => {
    const [how, what = ""] = u.split("/");
    if (how === "without") return t("order.unless.without", { name: aspectText(t, what) });
    if (how === "strike") return t("order.unless.strike", { n: Number(what) });
    return t("order.unless.earlier");
  });
  return (
    <div className={style.form}>
      <p className={style.quote}>
        {cut(r.text, places).map((p, i) =>
          p.why ? (
            <mark key={i} title={p.why}>
              {p.text}
            </mark>
          ) : (
            p.text
          ),
        )}
      </p>
      <dl className={style.facts}>
        <dt>{t("order.because")}</dt>
        <dd>{reasons.length > 0 ? reasons.map((x) => reasonText(t, x)).join(t("order.semicolon")) : "–"}</dd>
        {r.codes?.length ? (
          <>
            <dt>{t("order.codes")}</dt>
            <dd>{r.codes.join(t("order.semicolon"))}</dd>
          </>
        ) : null}
        {v.media?.length ? (
          <>
            <dt>{t("order.carried")}</dt>
            <dd>
              <Carried message={v} still={false} />
            </dd>
          </>
        ) : null}
        {r.normal && r.normal !== r.text ? (
          <>
            <dt>{t("order.readAs")}</dt>
            <dd>{r.normal}</dd>
          </>
        ) : null}
        <dt>{t("order.rule")}</dt>
        <dd>
          {nameText(t, r.verdict.name ?? "")}{" "}
          <span className={style.faint}>
            {v.policy_version > 0 ? t("order.version", { n: v.policy_version }) : t("order.builtIn")} ·{" "}
            {t(`order.stage.${v.stage}`)}
            {v.lowered ? ` · ${t(`order.lowered.${v.lowered}`)}` : ""}
          </span>
        </dd>
        {r.verdict.others?.length ? (
          <>
            <dt>{t("order.others")}</dt>
            <dd>{r.verdict.others.map((o) => clauseText(t, o.clause, o.name)).join(t("order.comma"))}</dd>
          </>
        ) : null}
        <dt>{t("order.strikes")}</dt>
        <dd>
          {v.strike > 0
            ? t("order.strikeNow", { n: v.strike, before: r.facts.member.strikes })
            : t("order.noStrike", { n: r.facts.member.strikes })}
        </dd>
        {r.verdict.at_once?.length ? (
          <>
            <dt>{t("order.doneAtOnce")}</dt>
            <dd>
              {actsText(t, r.verdict.at_once)}
              {r.verdict.at_once.some((a) => a.do === "recall") ? (
                <span className={style.faint}> · {t("order.noWayBack")}</span>
              ) : null}
            </dd>
          </>
        ) : null}
        <dt>{t("order.proposed")}</dt>
        <dd>{actsText(t, r.verdict.acts ?? [])}</dd>
        {r.verdict.skipped?.length ? (
          <>
            <dt>{t("order.skipped")}</dt>
            <dd>{r.verdict.skipped.map((a) => actText(t, a)).join(t("order.comma"))}</dd>
          </>
        ) : null}
        {unless.length > 0 ? (
          <>
            <dt>{t("order.unlessTitle")}</dt>
            <dd>{unless.join(t("order.semicolon"))}</dd>
          </>
        ) : null}
        {v.opinion ? (
          <>
            <dt>{t("judges.opinion")}</dt>
            <dd>
              {t(`judges.class.${v.opinion.class}`)} {w.percent(v.opinion.probability)}
              {v.opinion.why ? ` · ${v.opinion.why}` : ""}{" "}
              <span className={style.faint}>{t("judges.joint", { share: w.percent(v.opinion.joint) })}</span>
            </dd>
          </>
        ) : null}
        {v.actions.length > 0 ? (
          <>
            <dt>{t("order.outcome")}</dt>
            <dd>
              <ul>
                {v.actions.map((a) => (
                  <li key={a.key}>
                    {t(`deed.${a.kind}`)} <OutboxState state={a.state} kind={a.kind} />
                  </li>
                ))}
              </ul>
            </dd>
          </>
        ) : null}
      </dl>
      <p className={style.faint}>
        {v.group_name} · {w.when(v.at, zone)} · #{v.id}
      </p>
    </div>
  );
}
