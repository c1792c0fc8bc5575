import type { GroupCard, GroupOrder } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { groupOrder } from "../../queries/health.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./OrderPart.module.css";

/** How complete the group's rules are and how well they are kept, beside what the field tells of groups of its size. */
export function OrderPart({ group }: { group: GroupCard }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(groupOrder(community, group.id));
  return (
    <section className={style.part} aria-label={t("groupOrder.title")}>
      <h3>
        {t("groupOrder.title")}
        {data ? (
          <span className={style.note}>
            {t("groupOrder.note", { period: w.days(data.period.from, data.period.to) })}
          </span>
        ) : null}
      </h3>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : (
        <Lines order={data} group={group} />
      )}
    </section>
  );
}

function Lines({ order: o, group }: { order: GroupOrder; group: GroupCard }) {
  const w = useWords();
  const { t } = w;
  const { may } = useHere();
  const missing = o.elements.filter((e) => !e.met).map((e) => t(`order.element.${e.code as "topics"}`));
  const usual = o.usual;
  const rate = o.rate.rate;
  const perWeek = Number(o.interventions.toFixed(1));
  const owner = o.owner === "set" && o.name ? t("order.ownerSet", { name: o.name }) : t(`order.owner.${o.owner}`);
  return (
    <>
      <dl className={style.lines}>
        <Line
          name={t("measures.completeness")}
          value={w.percent(o.completeness)}
          usual={usual ? t("groupOrder.usual", { n: w.percent(usual.completeness) }) : undefined}
          short={usual && o.completeness < usual.completeness ? t("groupOrder.below") : undefined}
        >
          {owner}
          {missing.length > 0 ? t("groupOrder.missing", { what: missing.join(t("order.comma")) }) : null}
        </Line>
        <Line
          name={t("groupOrder.rate")}
          value={rate == null ? t("measures.unknown") : w.percent(rate)}
          usual={usual ? t("groupOrder.usual", { n: w.percent(usual.rate) }) : undefined}
          short={usual && rate != null && rate > usual.rate ? t("groupOrder.above") : undefined}
        >
          {t("measures.ofN", { hits: w.exact(o.rate.hits), of: w.exact(o.rate.of) })}
        </Line>
        <Line
          name={t("groupOrder.interventions")}
          value={t("groupOrder.aWeek", { count: perWeek, n: perWeek })}
          usual={
            usual
              ? t("groupOrder.usual", {
                  n: t("groupOrder.aWeek", { count: usual.interventions, n: usual.interventions }),
                })
              : undefined
          }
          short={usual && o.interventions > usual.interventions ? t("groupOrder.above") : undefined}
        />
      </dl>
      <p className={style.foot}>
        {usual && o.members != null
          ? t(`groupOrder.size.${usual.size}`, { n: w.exact(o.members) })
          : t("groupOrder.noSize")}
        {may("moderation.view") ? (
          <>
            {" "}
            <Link to="/moderation/rules" search={{ group: group.id }}>
              {t("groupOrder.rules")}
            </Link>
            {" · "}
            <Link to="/moderation/measures" search={{ group: group.id }}>
              {t("groupOrder.measures")}
            </Link>
          </>
        ) : null}
      </p>
    </>
  );
}

interface LineProps {
  name: string;
  value: string;
  usual: string | undefined;
  /** In which way it falls short of the reference. */
  short: string | undefined;
  children?: ReactNode;
}

function Line({ name, value, usual, short, children }: LineProps) {
  return (
    <div className={style.line}>
      <dt>{name}</dt>
      <dd className={style.value}>{value}</dd>
      <dd className={style.usual}>
        {usual}
        {short ? <span className={style.short}>{short}</span> : null}
      </dd>
      {children ? <dd className={style.why}>{children}</dd> : null}
    </div>
  );
}
