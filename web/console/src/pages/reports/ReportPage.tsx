import { FileExcelOutlined, PrinterOutlined } from "@ant-design/icons";
import type { ReportAnswer, ReportBody, ReportCell, ReportChange, ReportHead, ReportMetric } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button, Progress } from "antd";
import { lazy, Suspense, useState } from "react";
import { BandMark } from "../../parts/BandMark.tsx";
import { report, reportFile } from "../../queries/reports.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { change, points } from "../../words/format.ts";
import { useWords, type Words } from "../../words/useWords.ts";
import { howFar } from "./howFar.ts";
import { lacking, noteOf } from "./note.ts";
import style from "./Reports.module.css";
import { TrendBars } from "./TrendBars.tsx";

const Questions = lazy(() => import("./Questions.tsx"));

/** One report as it was made: to be read, printed and handed on. */
export function ReportPage() {
  const { community } = useHere();
  const { report: id } = useParams({ from: "/inside/reports/$report" });
  const { data, error, refetch } = useQuery(report(community, id));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={12} />;
  if (!data.report) return <Unmade head={data.head} />;
  return <Paper data={{ ...data, report: data.report }} />;
}

/** A report that is being made, or could not be. */
function Unmade({ head }: { head: ReportHead }) {
  const w = useWords();
  const { t } = w;
  const todo = head.todo || head.groups;
  return (
    <article className={style.paper}>
      <div className={style.actions}>
        <Link to="/reports">{t("reports.back")}</Link>
      </div>
      <header className={style.masthead}>
        <p className={style.kicker}>{t(`reports.${head.kind}`)}</p>
        <h1>{head.plan || t(`reports.${head.state}`)}</h1>
        <p className={style.faint} role="status">
          {t("reports.groups", { n: w.exact(head.groups) })} · {howFar(w, head)}
          {head.mail ? ` · ${t("reports.mailWhen")}` : ""}
        </p>
      </header>
      {head.state === "failed" ? (
        <p role="alert">{t("reports.failedWhy", { why: head.failed ?? "" })}</p>
      ) : (
        <>
          <Progress
            percent={Math.floor((100 * (head.done ?? 0)) / Math.max(1, todo))}
            aria-label={t("reports.making")}
          />
          <p className={style.faint}>{t("reports.stay")}</p>
        </>
      )}
    </article>
  );
}

/** A report that was made. */
type Made = ReportAnswer & { report: ReportBody };

function Paper({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const { id } = data.head;
  return (
    <article className={style.paper}>
      <div className={style.actions}>
        <Link to="/reports">{t("reports.back")}</Link>
        <span className={style.grow} />
        <Button icon={<PrinterOutlined aria-hidden="true" />} onClick={() => window.print()}>
          {t("reports.print")}
        </Button>
        {may("export.run") ? (
          <Button icon={<FileExcelOutlined aria-hidden="true" />} href={reportFile(community, id, w.lang)} download>
            {t("reports.xlsx")}
          </Button>
        ) : null}
      </div>
      <Masthead data={data} />
      <section aria-labelledby="report-numbers">
        <h2 id="report-numbers">{t("reports.numbers")}</h2>
        <dl className={style.numbers}>
          {data.report.numbers.map((n) => (
            <NumberCell key={n.metric} cell={n} data={data} />
          ))}
        </dl>
      </section>
      <section aria-labelledby="report-trend">
        <h2 id="report-trend">{t("reports.trend")}</h2>
        <TrendBars trend={data.report.trend} />
      </section>
      <div className={style.columns}>
        <Changes title={t("reports.well")} none={t("reports.noneWell")} list={data.report.well} data={data} />
        <Changes title={t("reports.fell")} none={t("reports.noneFell")} list={data.report.fell} data={data} />
        <Next data={data} />
      </div>
      {data.questions.length > 0 ? (
        <Suspense fallback={<Loading rows={6} />}>
          <Questions list={data.questions} />
        </Suspense>
      ) : null}
      <Groups data={data} />
      <Persons data={data} />
      <Definitions data={data} />
    </article>
  );
}

function Masthead({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const { head, report: r } = data;
  const days = w.days(r.from, r.to);
  return (
    <header className={style.masthead}>
      <p className={style.kicker}>{t(`reports.${head.kind}`)}</p>
      <h1>{head.plan || days}</h1>
      <p className={style.faint}>
        {head.plan ? `${days} · ` : ""}
        {t("reports.groups", { n: w.exact(head.groups) })} ·{" "}
        {t("reports.covered", { covered: r.covered, days: r.days })} ·{" "}
        {lacking(r.groups) > 0 ? `${t("reports.lacking", { count: lacking(r.groups) })} · ` : ""}
        {t("reports.madeAt", { when: w.when(head.at, zone) })}
        {head.mail ? ` · ${t(`reports.mail_${head.mail}`)}` : ""}
      </p>
    </header>
  );
}

const metricOf = (data: Made, id: string): ReportMetric | undefined => data.report.metrics.find((m) => m.id === id);

const nameOf = (w: Words, m: ReportMetric | undefined, id: string) => (m ? (w.lang === "zh-CN" ? m.zh : m.en) : id);

function written(w: Words, value: number | null | undefined, m: ReportMetric | undefined): string {
  if (value == null) return w.t("unknown.short");
  if (m?.unit === "share") return w.percent(value);
  return m?.unit === "persons" ? w.people(value) : w.count(value);
}

function changeOf(w: Words, c: ReportCell, m: ReportMetric | undefined): string | undefined {
  if (m?.unit === "share") return points(c.value, c.before)?.concat(w.t("change.points"));
  return change(c.value, c.before) ?? undefined;
}

/** What lies behind a number: messages of the period, or people. */
function Behind({ metric, group, data, children }: { metric: string; group?: number; data: Made; children: string }) {
  const { from, to } = data.report;
  switch (metric) {
    case "messages":
    case "messages_mean":
    case "messages_per_member":
      return (
        <Link to="/messages" search={{ from, to, group }}>
          {children}
        </Link>
      );
    case "silent_share":
    case "few_share":
      return (
        <Link to="/people" search={{ only: "silent", group }}>
          {children}
        </Link>
      );
    case "joins":
      return (
        <Link to="/people" search={{ only: "newcomers", group }}>
          {children}
        </Link>
      );
    case "speakers":
    case "members":
    case "dau_mean":
    case "activity_rate":
      return (
        <Link to="/people" search={{ group }}>
          {children}
        </Link>
      );
  }
  return group ? (
    <Link to="/groups/$group" params={{ group }} search={{}}>
      {children}
    </Link>
  ) : (
    <Link to="/insight" search={{}}>
      {children}
    </Link>
  );
}

function NumberCell({ cell, data }: { cell: ReportCell; data: Made }) {
  const w = useWords();
  const m = metricOf(data, cell.metric);
  const by = changeOf(w, cell, m);
  const note = noteOf(w, cell, data.report.groups.length);
  const only = data.report.groups.length === 1 ? data.report.groups[0]?.group : undefined;
  return (
    <div className={style.number}>
      <dt title={m ? (w.lang === "zh-CN" ? m.formula_zh : m.formula_en) : undefined}>{nameOf(w, m, cell.metric)}</dt>
      <dd>
        <span className={cell.value == null ? style.unknown : style.value}>
          <Behind metric={cell.metric} group={only} data={data}>
            {written(w, cell.value, m)}
          </Behind>
        </span>
        <span className={style.faint}>
          {by && cell.value != null ? `${by} ${w.t("change.before")}` : (note ?? w.t("change.none"))}
        </span>
        {by && cell.value != null && note ? <span className={style.faint}>{note}</span> : null}
      </dd>
    </div>
  );
}

function Changes({ title, none, list, data }: { title: string; none: string; list: ReportChange[]; data: Made }) {
  const w = useWords();
  return (
    <section>
      <h2>{title}</h2>
      {list.length === 0 ? <p className={style.faint}>{none}</p> : null}
      <ul className={style.story}>
        {list.map((c) => {
          const m = metricOf(data, c.metric);
          return (
            <li key={`${c.group} ${c.metric}`}>
              <Link to="/groups/$group" params={{ group: c.group }} search={{}}>
                {c.name}
              </Link>{" "}
              {w.t("reports.moved", {
                metric: nameOf(w, m, c.metric),
                now: written(w, c.value, m),
                usual: written(w, c.usual, m),
              })}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Next({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const names = new Map(data.report.groups.map((g) => [g.group, g.name]));
  return (
    <section>
      <h2>{t("reports.next")}</h2>
      {data.report.next.length === 0 ? <p className={style.faint}>{t("reports.noneNext")}</p> : null}
      <ul className={style.story}>
        {data.report.next.map((a) => (
          <li key={a.lever}>
            <strong>{t(`lever.${a.lever as "topics"}`)}</strong>{" "}
            <span className={style.faint}>
              {t("reports.because", {
                metrics: a.metrics.map((id) => nameOf(w, metricOf(data, id), id)).join(t("reports.comma")),
              })}
            </span>
            <br />
            {a.groups.slice(0, 5).map((g, i) => (
              <span key={g}>
                {i > 0 ? t("reports.comma") : ""}
                <Link to="/groups/$group" params={{ group: g }} search={{}}>
                  {names.get(g) ?? g}
                </Link>
              </span>
            ))}
            {a.groups.length > 5 ? t("reports.more", { n: w.exact(a.groups.length - 5) }) : ""}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** So many groups are shown at first, the worst before the others. */
const firstGroups = 50;

function Groups({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const all = data.report.groups;
  const [whole, setWhole] = useState(false);
  const list = whole ? all : all.slice(0, firstGroups);
  const shown = all[0]?.cells ?? [];
  const unbanded = all.filter((g) => !g.band).length;
  return (
    <section aria-labelledby="report-groups">
      <h2 id="report-groups">{t("reports.groupsTitle")}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
      <section className={style.scroll} tabIndex={0} aria-labelledby="report-groups">
        <table className={style.table}>
          <thead>
            <tr>
              <th scope="col">{t("insight.group")}</th>
              <th scope="col">{t("insight.worst")}</th>
              {shown.map((c) => (
                <th key={c.metric} scope="col" className={style.right}>
                  {nameOf(w, metricOf(data, c.metric), c.metric)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map((g) => (
              <tr key={g.group}>
                <th scope="row">
                  <Link to="/groups/$group" params={{ group: g.group }} search={{}}>
                    {g.name}
                  </Link>
                </th>
                <td>
                  <BandMark band={g.band as "alert" | undefined} />{" "}
                  {g.worst ? nameOf(w, metricOf(data, g.worst), g.worst) : ""}
                </td>
                {g.cells.map((c) => {
                  const m = metricOf(data, c.metric);
                  return (
                    <td key={c.metric} className={style.right} title={noteOf(w, c, 1)}>
                      <Behind metric={c.metric} group={g.group} data={data}>
                        {written(w, c.value, m)}
                      </Behind>{" "}
                      <small className={style.faint}>
                        {changeOf(w, c, m) ?? ""} {c.value == null ? "" : noteOf(w, c, 1)}
                      </small>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {list.length < all.length ? (
        <Button className={style.screen} onClick={() => setWhole(true)}>
          {t("reports.showAll", { n: w.exact(all.length) })}
        </Button>
      ) : null}
      {unbanded > 0 ? <p className={style.faint}>{t("reports.unbanded", { n: w.exact(unbanded) })}</p> : null}
    </section>
  );
}

function Persons({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const names = new Map(data.names.map((n) => [n.person, n.name]));
  const { from, to } = data.report;
  if (data.report.persons.length === 0) return null;
  return (
    <section>
      <h2>{t("reports.persons")}</h2>
      <ol className={style.people}>
        {data.report.persons.map((p) => (
          <li key={p.person}>
            <Link to="/people/$person" params={{ person: p.person }}>
              {names.get(p.person) || t("reports.nobody")}
            </Link>{" "}
            <Link to="/messages" search={{ person: p.person, from, to }} className={style.faint}>
              {t("reports.wrote", { n: w.exact(p.messages) })}
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Definitions({ data }: { data: Made }) {
  const w = useWords();
  const { t } = w;
  const used = new Set([...data.report.numbers, ...(data.report.groups[0]?.cells ?? [])].map((c) => c.metric));
  const known = data.report.metrics.filter((m) => used.has(m.id));
  const asked = new Map(data.questions.flatMap((q) => q.query?.metrics ?? []).map((m) => [m.id, m]));
  for (const m of asked.values()) {
    if (!used.has(m.id)) known.push({ ...m, formula_zh: m.formula.zh, formula_en: m.formula.en });
  }
  return (
    <details className={style.definitions}>
      <summary>{t("reports.definitions")}</summary>
      <p className={style.faint}>{t("reports.kept", { version: data.report.catalogue, zone: data.report.zone })}</p>
      <dl>
        {known.map((m) => (
          <div key={m.id}>
            <dt>{nameOf(w, m, m.id)}</dt>
            <dd>{w.lang === "zh-CN" ? m.formula_zh : m.formula_en}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
