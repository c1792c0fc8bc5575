import type { MeasuresAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Segmented, Select } from "antd";
import { type ReactNode, useState } from "react";
import { measures } from "../../queries/measures.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { dayOf } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import { Explained, ShareOf, TimesOf } from "./Measured.tsx";
import style from "./Measures.module.css";
import common from "./Moderation.module.css";
import { TrustPanel } from "./TrustPanel.tsx";
import { clauseText } from "./words.ts";

const day = 86_400_000; // milliseconds
const firstGroups = 12; // before the others are asked for
export const measuredWeeks = [4, 8, 26] as const;

/** How well order is kept: how much happens, how fast it is dealt with, how often that was wrong, and whether alike is treated alike. */
export function MeasuresPage() {
  const { t } = useWords();
  const { community, zone, staff } = useHere();
  const { weeks = 8, group = 0 } = useSearch({ from: "/inside/moderation/measures" });
  const navigate = useNavigate();
  const go = (to: { weeks?: number; group?: number }) =>
    void navigate({
      to: "/moderation/measures",
      search: { weeks: to.weeks === 8 ? undefined : to.weeks, group: to.group || undefined },
    });
  const now = Date.now();
  const monday = now - ((new Date(`${dayOf(now, zone)}T12:00:00Z`).getUTCDay() + 6) % 7) * day;
  const { data, error, refetch } = useQuery({
    ...measures(community, { from: dayOf(monday - (weeks - 1) * 7 * day, zone), to: dayOf(now, zone), group }),
    placeholderData: keepPreviousData,
  });
  const choices = useGroupChoices(group, {
    others: [{ value: 0, label: t(staff?.limited ? "order.amnesty.myGroups" : "order.allGroups") }],
  });
  return (
    <div className={common.page}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <div className={common.bar}>
        <Segmented<number>
          aria-label={t("measures.period")}
          value={weeks}
          onChange={(n) => go({ weeks: n, group })}
          options={measuredWeeks.map((n) => ({ value: n, label: t("measures.weeks", { count: n }) }))}
        />
        <Select
          aria-label={t("order.whose")}
          value={group}
          onChange={(g) => {
            choices.forget();
            go({ weeks, group: g });
          }}
          popupMatchSelectWidth={false}
          showSearch={choices.showSearch}
          options={choices.options}
        />
      </div>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={10} />
      ) : (
        <>
          <Whole data={data} group={group} />
          <Modes data={data} />
          <TrustPanel group={group} />
          <Clauses data={data} group={group} />
          <Moderators data={data} />
          <Consistency data={data} />
          {group === 0 ? <Groups data={data} /> : null}
        </>
      )}
    </div>
  );
}

/** The four numbers of the field, week by week. */
function Whole({ data, group }: { data: MeasuresAnswer; group: number }) {
  const w = useWords();
  const { t } = w;
  const per = (n: number) => (data.whole.days > 0 ? (n * 7) / data.whole.days : 0);
  const line = (values: (number | null)[], label: string) =>
    values.length > 1 ? <Sparkline values={values} label={t("measures.byWeek", { what: label })} open /> : null;
  return (
    <Panel title={t("measures.whole")} note={t("measures.wholeNote")}>
      <div className={style.tiles}>
        <div className={style.tile}>
          <span className={common.faint}>{t("measures.rate")}</span>
          <span className={style.value}>
            <ShareOf permille share={data.whole.rate} formula={t("measures.formula.rate")} />
          </span>
          {line(
            data.weeks.map((x) => x.rate.rate ?? null),
            t("measures.rate"),
          )}
        </div>
        <div className={style.tile}>
          <span className={common.faint}>{t("measures.interventions")}</span>
          <span className={style.value}>
            <Explained
              formula={t("measures.formula.interventions")}
              facts={[t("measures.n", { n: w.exact(data.whole.interventions) })]}
            >
              {t("measures.perWeek", { n: per(data.whole.interventions).toFixed(1) })}
              <span className={style.under}>
                {t("measures.inAll", {
                  n: w.exact(data.whole.interventions),
                  auto: w.exact(data.whole.automatic),
                })}
              </span>
            </Explained>
          </span>
          {line(
            data.weeks.map((x) => x.interventions),
            t("measures.interventions"),
          )}
        </div>
        <div className={style.tile}>
          <span className={common.faint}>{t("measures.automation")}</span>
          <span className={style.value}>
            <ShareOf share={data.automation} formula={t("measures.formula.automation")} />
          </span>
          {line(
            data.weeks.map((x) => (x.interventions > 0 ? x.automatic / x.interventions : null)),
            t("measures.automation"),
          )}
        </div>
        <div className={style.tile}>
          <span className={common.faint}>{t("measures.completeness")}</span>
          <span className={style.value}>
            <Explained formula={t("measures.formula.completeness")}>{w.percent(data.completeness)}</Explained>
          </span>
          <Link to="/moderation/rules">{t("measures.toRules")}</Link>
        </div>
      </div>
      <p>
        <Link to="/moderation" search={{ state: "decided", ...(group ? { group } : {}) }}>
          {t("measures.toCases")}
        </Link>
      </p>
    </Panel>
  );
}

/** A table that scrolls by itself where it is too wide. */
function Table({ label, head, children }: { label: string; head: string[]; children: ReactNode }) {
  const { t } = useWords();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className={style.scroll} aria-label={t("measures.tableOf", { what: label })} tabIndex={0}>
      <table className={style.table}>
        <thead>
          <tr>
            {head.map((h) => (
              <th key={h} scope="col">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Modes({ data }: { data: MeasuresAnswer }) {
  const w = useWords();
  const { t } = w;
  const kinds = { human: "report", assisted: "suggest", automatic: "auto" } as const;
  return (
    <Panel title={t("measures.modes")} note={t("measures.modesNote")}>
      <Table
        label={t("measures.modes")}
        head={[
          t("measures.mode.title"),
          t("measures.cards"),
          t("measures.detect"),
          t("measures.handle"),
          t("measures.escalated"),
          t("measures.overturned"),
        ]}
      >
        {data.modes.map((m) => (
          <tr key={m.mode}>
            <th scope="row">
              <Link
                to="/moderation"
                search={{ state: m.mode === "automatic" ? "acted" : "decided", kind: kinds[m.mode] }}
              >
                {t(`measures.mode.${m.mode}`)}
              </Link>
            </th>
            <td>
              {w.exact(m.cards)}
              {m.open > 0 ? <span className={style.under}>{t("measures.open", { n: w.exact(m.open) })}</span> : null}
            </td>
            <td>
              <TimesOf times={m.detect} formula={t("measures.formula.detect")} />
            </td>
            <td>
              <TimesOf times={m.handle} formula={t("measures.formula.handle")} />
            </td>
            <td>
              <ShareOf share={m.escalated} formula={t("measures.formula.escalated")} />
            </td>
            <td>
              <ShareOf share={m.overturned} formula={t("measures.formula.overturned")} />
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Clauses({ data, group }: { data: MeasuresAnswer; group: number }) {
  const w = useWords();
  const { t } = w;
  return (
    <Panel title={t("measures.clauses")} note={t("measures.clausesNote")}>
      {data.clauses.length === 0 ? (
        <Empty title={t("measures.none")}>{t("measures.noneTeach")}</Empty>
      ) : (
        <Table
          label={t("measures.clauses")}
          head={[
            t("measures.clause"),
            t("measures.cards"),
            t("measures.overturned"),
            t("measures.appealed"),
            t("measures.granted"),
            t("measures.escalated"),
          ]}
        >
          {data.clauses.map((c) => (
            <tr key={c.clause}>
              <th scope="row">
                <Link to="/moderation" search={{ state: "decided", clause: c.clause, ...(group ? { group } : {}) }}>
                  {clauseText(t, c.clause, c.name)}
                </Link>
              </th>
              <td>
                {w.exact(c.cards)}
                <span className={style.under}>{t("measures.automatically", { n: w.exact(c.automatic) })}</span>
              </td>
              <td>
                <ShareOf share={c.overturned} formula={t("measures.formula.overturned")} />
              </td>
              <td>
                <ShareOf share={c.appealed} formula={t("measures.formula.appealed")} />
              </td>
              <td>
                <ShareOf share={c.granted} formula={t("measures.formula.granted")} />
              </td>
              <td>
                <ShareOf share={c.escalated} formula={t("measures.formula.escalated")} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function Moderators({ data }: { data: MeasuresAnswer }) {
  const w = useWords();
  const { t } = w;
  return (
    <Panel title={t("measures.moderators")} note={t("measures.moderatorsNote")}>
      {data.moderators.length === 0 ? (
        <Empty title={t("measures.nobody")}>{t("measures.nobodyTeach")}</Empty>
      ) : (
        <Table
          label={t("measures.moderators")}
          head={[
            t("measures.moderator"),
            t("measures.decided"),
            t("measures.decide"),
            t("measures.fine"),
            t("measures.overturned"),
            t("measures.appealed"),
          ]}
        >
          {data.moderators.map((m) => (
            <tr key={m.staff}>
              <th scope="row">{m.name || t("measures.gone", { n: m.staff })}</th>
              <td>{w.exact(m.decided)}</td>
              <td>
                <TimesOf times={m.decide} formula={t("measures.formula.decide")} />
              </td>
              <td>
                <ShareOf share={m.fine} formula={t("measures.formula.fine")} />
              </td>
              <td>
                <ShareOf share={m.overturned} formula={t("measures.formula.felled")} />
              </td>
              <td>
                <ShareOf share={m.appealed} formula={t("measures.formula.appealed")} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function Consistency({ data }: { data: MeasuresAnswer }) {
  const { t } = useWords();
  return (
    <Panel title={t("measures.consistency")} note={t("measures.consistencyNote")}>
      <p>
        <ShareOf share={data.consistency} formula={t("measures.formula.consistency")} />
      </p>
      {data.offences.length > 0 ? (
        <Table
          label={t("measures.consistency")}
          head={[t("measures.offence"), t("measures.usual"), t("measures.given"), t("measures.penalties")]}
        >
          {data.offences.map((o) => (
            <tr key={`${o.clause}/${o.strike}`}>
              <th scope="row">
                <Link to="/moderation" search={{ state: "decided", clause: o.clause }}>
                  {t("measures.nth", {
                    clause: clauseText(t, o.clause, data.names[o.clause]),
                    n: o.strike,
                  })}
                </Link>
              </th>
              <td>{penalty(t, o.usual)}</td>
              <td>
                <ShareOf share={o.given} formula={t("measures.formula.consistency")} />
              </td>
              <td>{t("measures.differing", { count: o.penalties, staff: o.staff })}</td>
            </tr>
          ))}
        </Table>
      ) : null}
    </Panel>
  );
}

/** A penalty as measures name it, mute/60+warn, in words. */
function penalty(t: ReturnType<typeof useWords>["t"], signature: string): string {
  if (signature === "none") return t("order.nothing");
  return signature
    .split("+")
    .map((part) => {
      const [what = "", n = ""] = part.split("/");
      const word = t(`order.act.${what as "warn"}`, { defaultValue: what });
      if (!n || n === "0") return word;
      return what === "mute" || what === "mute_all"
        ? `${word} ${t("order.lasts.minutes", { n: Number(n) })}`
        : `${word} ${n}`;
    })
    .join(t("order.comma"));
}

/** Small multiples: each group with its weeks on one scale of its own. */
function Groups({ data }: { data: MeasuresAnswer }) {
  const w = useWords();
  const { t } = w;
  const [all, setAll] = useState(false);
  const shown = all ? data.groups : data.groups.slice(0, firstGroups);
  return (
    <Panel
      title={t("measures.groups")}
      note={
        t("measures.groupsNote") +
        (data.of_groups > shown.length
          ? t("measures.groupsOf", { n: w.exact(shown.length), of: w.exact(data.of_groups) })
          : "")
      }
    >
      {data.groups.length === 0 ? (
        <Empty title={t("measures.none")}>{t("measures.noneTeach")}</Empty>
      ) : (
        <ul className={style.groups}>
          {shown.map((g) => (
            <li key={g.group}>
              <article className={style.tile} aria-label={g.name}>
                <Link to="/moderation/measures" search={{ group: g.group }}>
                  {g.name}
                </Link>
                <ShareOf permille share={g.whole.rate} formula={t("measures.formula.rate")} />
                <Sparkline
                  values={g.weeks.map((x) => x.violations)}
                  label={t("measures.byWeek", { what: t("measures.violations") })}
                  open
                />
                <span className={common.faint}>
                  {t("measures.groupFacts", {
                    violations: t("measures.violated", { count: g.whole.violations }),
                    interventions: t("measures.intervened", { count: g.whole.interventions }),
                    share: w.percent(g.completeness),
                  })}
                </span>
              </article>
            </li>
          ))}
        </ul>
      )}
      {data.groups.length > shown.length ? (
        <Button className={style.more} onClick={() => setAll(true)}>
          {t("measures.moreGroups", { n: data.groups.length - shown.length })}
        </Button>
      ) : null}
    </Panel>
  );
}
