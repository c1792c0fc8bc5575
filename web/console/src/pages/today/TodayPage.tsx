import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { WhoseSwitch } from "../../parts/WhoseSwitch.tsx";
import { colleagues } from "../../queries/sending.ts";
import { today } from "../../queries/today.ts";
import { metrics } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ItemCard } from "./ItemCard.tsx";
import style from "./TodayPage.module.css";
import { UrgentGroups } from "./UrgentGroups.tsx";

/** What needs people now, over all groups: the first page. */
export function TodayPage() {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const search = useSearch({ from: "/inside/today" });
  const navigate = useNavigate({ from: "/today" });
  const { data, error, refetch } = useQuery(
    today(community, { ...(search.whose ? { whose: search.whose } : {}), ...(search.all ? { all: true } : {}) }),
  );
  const { data: catalogue } = useQuery(metrics);
  const { data: staff } = useQuery(colleagues(community));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  const waiting = data?.waiting;
  return (
    <div className={style.page}>
      <header className={style.head}>
        <div>
          <h1>{t("today.title")}</h1>
          <p className={style.faint}>
            {data?.items.length ? t("today.about", { count: data.items.length + data.more }) : "\u00a0"}
          </p>
        </div>
        <WhoseSwitch
          answer={data}
          asked={search.whose}
          onChange={(whose) => void navigate({ search: (s) => ({ ...s, whose }), replace: true })}
        />
      </header>
      {!data || !waiting ? (
        <Loading rows={8} />
      ) : (
        <>
          <ul className={style.waiting} aria-label={t("today.waiting")}>
            {may("moderation.view") ? (
              <li>
                <Link to="/moderation" search={{}}>
                  <b>{w.count(waiting.reviews)}</b> {t("today.reviews", { count: waiting.reviews })}
                </Link>
                {waiting.oldest_review ? (
                  <span className={style.faint}>
                    {t("today.oldest", { when: w.when(waiting.oldest_review, zone) })}
                  </span>
                ) : null}
              </li>
            ) : null}
            <li>
              <Link to="/tasks" search={{}}>
                <b>{w.count(waiting.tasks)}</b> {t("today.tasks", { count: waiting.tasks })}
              </Link>
              {waiting.overdue > 0 ? (
                <span className={style.late}>{t("today.overdue", { count: waiting.overdue })}</span>
              ) : null}
            </li>
            {waiting.questions > 0 ? (
              <li>
                <Link to="/tasks" search={{}}>
                  <b>{w.count(waiting.questions)}</b> {t("today.questions", { count: waiting.questions })}
                </Link>
                {waiting.late_questions > 0 ? (
                  <span className={style.late}>{t("today.lateQuestions", { count: waiting.late_questions })}</span>
                ) : waiting.oldest_question ? (
                  <span className={style.faint}>
                    {t("today.oldest", { when: w.when(waiting.oldest_question, zone) })}
                  </span>
                ) : null}
              </li>
            ) : null}
          </ul>
          {data.items.length === 0 ? (
            <Empty title={t("today.none")}>{t("today.noneTeach")}</Empty>
          ) : (
            <ul className={style.list}>
              {data.items.map((i) => (
                <li key={`${i.cause} ${i.metric ?? ""} ${i.data.account ?? ""}`}>
                  <ItemCard item={i} metrics={catalogue ?? []} staff={staff ?? []} />
                </li>
              ))}
            </ul>
          )}
          {data.more > 0 ? (
            <div>
              <Button onClick={() => void navigate({ search: (s) => ({ ...s, all: true }), replace: true })}>
                {t("today.more", { count: data.more })}
              </Button>
            </div>
          ) : null}
          <Panel title={t("today.urgent")} note={t("today.urgentNote")}>
            <UrgentGroups answer={data} metrics={catalogue ?? []} />
          </Panel>
        </>
      )}
    </div>
  );
}
