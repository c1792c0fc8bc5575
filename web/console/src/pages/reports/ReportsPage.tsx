import type { ReportPlan, ReportQuestion, ReportScope, ReportWish } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { App, Button, Segmented, Select } from "antd";
import { useState } from "react";
import {
  makeReport,
  type ReportKind,
  reportKinds,
  reportPlans,
  reports,
  saveReportPlans,
} from "../../queries/reports.ts";
import { groupSets } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { howFar } from "./howFar.ts";
import { PlanForm } from "./PlanForm.tsx";
import { QuestionChoice } from "./QuestionChoice.tsx";
import style from "./Reports.module.css";

/** Which groups a report is about, as one choice. */
type Choice = "all" | "mine" | `set:${number}`;

function scopeOf(choice: Choice, staff: number): ReportScope {
  if (choice === "mine") return { keeper: staff };
  if (choice.startsWith("set:")) return { sets: [Number(choice.slice(4))] };
  return {};
}

/** Reports: make one now, those that are made again and again, and those that were made. */
export function ReportsPage() {
  const w = useWords();
  const { t } = w;
  const { community, staff, may } = useHere();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  const [kind, setKind] = useState<ReportKind>("weekly");
  const [choice, setChoice] = useState<Choice>("all");
  const [questions, setQuestions] = useState<ReportQuestion[]>([]);
  const [planned, setPlanned] = useState<ReportPlan>();
  const { data: sets } = useQuery(groupSets(community));
  const { data: plans } = useQuery(reportPlans(community));
  const make = useMutation({
    mutationFn: (wish: ReportWish) => makeReport(community, wish),
    onSuccess: (made) => {
      void queryClient.invalidateQueries({ queryKey: ["reports"] });
      void navigate({ to: "/reports/$report", params: { report: made.head.id } });
    },
    onError: (e) => void message.error(asProblem(e).message),
  });
  const save = useMutation({
    mutationFn: (list: ReportPlan[]) => saveReportPlans(community, { plans: list, version: plans?.version ?? 0 }),
    onSuccess: (saved) => {
      queryClient.setQueryData(reportPlans(community).queryKey, saved);
      setPlanned(undefined);
    },
    onError: (e) => void message.error(asProblem(e).message),
  });
  const scope = scopeOf(choice, staff?.id ?? 0);
  const list = plans?.plans ?? [];
  return (
    <div className={style.page}>
      <header>
        <h1>{t("reports.title")}</h1>
        <p className={style.faint}>{t("reports.about")}</p>
      </header>
      <Parts of="insight" />
      <Panel title={t("reports.make")} note={t(`reports.${kind}Note`)}>
        <div className={style.tools}>
          <Segmented<ReportKind>
            aria-label={t("reports.kind")}
            value={kind}
            onChange={setKind}
            options={reportKinds.map((k) => ({ value: k, label: t(`reports.${k}`) }))}
          />
          <Select<Choice>
            className={style.choice}
            aria-label={t("reports.scope")}
            value={choice}
            onChange={setChoice}
            options={[
              { value: "all", label: t("reports.all") },
              { value: "mine", label: t("reports.mine") },
              ...(sets?.sets ?? []).map((s) => ({ value: `set:${s.id}` as const, label: s.name })),
            ]}
          />
          <QuestionChoice className={style.questions} value={questions} onChange={setQuestions} />
          <Button type="primary" loading={make.isPending} onClick={() => make.mutate({ kind, scope, questions })}>
            {t("reports.do")}
          </Button>
          {may("manage") ? (
            <Button
              onClick={() =>
                setPlanned({ name: "", kind, scope, questions, on: false, hour: 8, language: w.lang, to: [] })
              }
            >
              {t("reports.plan")}
            </Button>
          ) : null}
        </div>
      </Panel>
      {list.length > 0 ? (
        <Panel title={t("reports.plans")} note={t("reports.plansNote")}>
          <ul className={style.list}>
            {list.map((p) => (
              <li key={p.name} className={style.line}>
                <span className={style.grow}>
                  <strong>{p.name}</strong>{" "}
                  <span className={style.faint}>
                    {t(`reports.${p.kind}`)} · {p.on ? t(`reports.on_${p.kind}`, { hour: p.hour }) : t("reports.off")}
                    {p.questions?.length ? ` · ${t("reports.questionsN", { n: p.questions.length })}` : ""}
                    {p.on && p.to?.length ? ` · ${t("reports.to", { n: p.to.length })}` : ""}
                  </span>
                </span>
                <Button
                  size="small"
                  disabled={make.isPending}
                  aria-label={t("reports.doNamed", { name: p.name })}
                  onClick={() => make.mutate({ plan: p.name })}
                >
                  {t("reports.do")}
                </Button>
                {p.to?.length && may("act") ? (
                  <Button
                    size="small"
                    disabled={make.isPending}
                    aria-label={t("reports.doSendNamed", { name: p.name })}
                    onClick={() => make.mutate({ plan: p.name, send: true })}
                  >
                    {t("reports.doSend")}
                  </Button>
                ) : null}
                {may("manage") ? (
                  <>
                    <Button
                      size="small"
                      onClick={() => setPlanned(p)}
                      aria-label={t("reports.editNamed", { name: p.name })}
                    >
                      {t("reports.edit")}
                    </Button>
                    <Button
                      size="small"
                      type="text"
                      danger
                      aria-label={t("reports.removeNamed", { name: p.name })}
                      onClick={() => save.mutate(list.filter((x) => x.name !== p.name))}
                    >
                      {t("action.remove")}
                    </Button>
                  </>
                ) : null}
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      <Made />
      {planned ? (
        <PlanForm
          plan={planned}
          busy={save.isPending}
          onClose={() => setPlanned(undefined)}
          onSave={(p) => save.mutate([...list.filter((x) => x.name !== planned.name && x.name !== p.name), p])}
        />
      ) : null}
    </div>
  );
}

/** The reports that were made, newest first. */
function Made() {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const [trail, setTrail] = useState<number[]>([]);
  const { data, error, refetch } = useQuery(reports(community, trail.at(-1) ?? 0));
  return (
    <Panel title={t("reports.made")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : data.reports.length === 0 ? (
        <Empty title={t("reports.none")}>{t("reports.noneTeach")}</Empty>
      ) : (
        <ul className={style.list}>
          {data.reports.map((r) => (
            <li key={r.id} className={style.line}>
              <Link to="/reports/$report" params={{ report: r.id }} className={style.grow}>
                {t(`reports.${r.kind}`)}
                {r.period ? ` · ${w.days(r.period.from, r.period.to)}` : ""}
                {r.plan ? ` · ${r.plan}` : ""}
              </Link>
              <span className={style.faint}>
                {t("reports.groups", { n: w.exact(r.groups) })} · {w.when(r.at, zone)}
                {r.state === "made" ? (r.mail ? ` · ${t(`reports.mail_${r.mail}`)}` : "") : ` · ${howFar(w, r)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data && (data.next || trail.length > 0) ? (
        <Pager
          words=""
          onBack={trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
          onNext={data.next ? () => setTrail([...trail, data.next as number]) : undefined}
        />
      ) : null}
    </Panel>
  );
}
