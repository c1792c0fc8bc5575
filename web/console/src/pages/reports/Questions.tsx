import type { ReportQuestionAnswer } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { metrics } from "../../queries.ts";
import { useWords } from "../../words/useWords.ts";
import { Triangle } from "../explore/CohortsTab.tsx";
import { deedText } from "../explore/DeedForm.tsx";
import { Bars, Lines } from "../explore/FunnelTab.tsx";
import { LinesLeft, Numbers } from "../explore/QueryTab.tsx";
import { ScopeNote } from "../explore/Tools.tsx";
import style from "./Reports.module.css";

/** What a report answers beside its own numbers. */
export default function Questions({ list }: { list: ReportQuestionAnswer[] }) {
  return list.map((q) => <Question key={q.asked.name} of={q} />);
}

function Question({ of }: { of: ReportQuestionAnswer }) {
  const w = useWords();
  const { t } = w;
  const { data: catalogue } = useQuery(metrics);
  const { query, funnel, cohorts, asked } = of;
  const seen = query ?? funnel ?? cohorts;
  return (
    <section className={style.question}>
      <h2>{asked.name}</h2>
      <p className={style.faint}>
        {seen ? <ScopeNote period={seen.period} coverage={seen.coverage} /> : t("reports.unanswered")}
      </p>
      {of.error ? (
        <p className={style.faint} lang="en">
          {of.error}
        </p>
      ) : null}
      {query ? (
        <>
          <Numbers answer={query} catalogue={catalogue ?? []} />
          <LinesLeft answer={query} />
          {query.total.some((c) => c.partial) ? <p className={style.faint}>* {t("number.partial")}</p> : null}
        </>
      ) : null}
      {funnel && asked.funnel ? (
        <>
          <Bars asks={asked.funnel} answer={funnel} />
          {asked.funnel.by && funnel.lines.length > 0 ? <Lines asks={asked.funnel} answer={funnel} /> : null}
        </>
      ) : null}
      {cohorts && asked.cohorts ? (
        <>
          <p className={style.faint}>
            {t("explore.firstTime")} {deedText(w, asked.cohorts.first)} · {t("explore.backThen")}{" "}
            {deedText(w, asked.cohorts.back)}
          </p>
          <Triangle answer={cohorts} first={deedText(w, asked.cohorts.first)} people={false} />
        </>
      ) : null}
    </section>
  );
}
