import type { BacktestResult, Lexicon, Policy } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useEffect, useEffectEvent, useState } from "react";
import { PeriodPicker } from "../../parts/PeriodPicker.tsx";
import { type PeriodSearch, spanOf } from "../../parts/period.ts";
import { asked } from "../../queries/explore.ts";
import { backtest, order, startBacktest } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { Failed } from "../../ui/states.tsx";
import { dayOf } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";
import { cut } from "./spans.ts";
import { actsText, nameText, reasonText } from "./words.ts";

interface Props {
  draft: Policy;
  /** A word list, saved or not, that the draft asks for: it is tried at once. */
  words?: Lexicon;
  /** None: all groups. */
  groups: number[];
  /** Lets a clause only suggest. */
  onLower?: (clause: string) => void;
  onClose: () => void;
}

/** What was tried last, until the tab is closed: whoever leaves finds it again. */
interface Tried {
  id: number;
  what: string;
}

/** Tries the rules, saved or not, on what was said: what would have been hit, who, and what is different from the rules in force. */
export function BacktestSheet({ draft, words, groups, onLower, onClose }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const [period, setPeriod] = useState<PeriodSearch>({});
  // A small question tells up to which day anything is known.
  const known = useQuery(asked(community, { metrics: ["messages"], ...(groups.length > 0 ? { groups } : {}) }));
  const span = spanOf(period, known.data?.period.to ?? dayOf(Date.now(), zone), undefined);
  const kept = ["tried", community, words?.id ?? "", groups.join()];
  const what = JSON.stringify([draft, words?.text, words?.pinyin, words?.similar]);
  const [tried, setTried] = useState(() => client.getQueryData<Tried>(kept));
  const begin = useMutation({
    mutationFn: (over: { from: string; to: string }) =>
      startBacktest(community, {
        policy: draft,
        ...(words ? { words } : {}),
        ...(groups.length > 0 ? { groups } : {}),
        ...over,
        samples: 10,
      }),
    onSuccess: ({ id }) => {
      setTried({ id, what });
      client.setQueryDefaults(kept, { gcTime: Number.POSITIVE_INFINITY });
      client.setQueryData(kept, { id, what });
    },
  });
  const { data, error } = useQuery(backtest(community, tried?.id ?? 0));
  const start = useEffectEvent(() => begin.mutate(span));
  const ready = words !== undefined && !known.isPending && tried?.what !== what;
  useEffect(() => {
    if (ready) start();
  }, [ready]);
  const { data: set } = useQuery(order(community));
  const failed = begin.error ?? error;
  return (
    <Sheet title={t("order.backtest")} width={640} onClose={onClose}>
      <div className={style.form}>
        <p className={style.faint}>{t(words ? "order.wordsTeach" : "order.backtestTeach")}</p>
        <div className={style.bar}>
          <PeriodPicker value={period} span={span} onChange={setPeriod} />
          <Button
            type="primary"
            loading={begin.isPending || data?.state === "running"}
            onClick={() => begin.mutate(span)}
          >
            {t("order.tryOut")}
          </Button>
        </div>
        {failed ? <Failed trouble={asProblem(failed)} /> : null}
        {data?.state === "failed" ? (
          <Failed trouble={{ code: "internal", message: data.error ?? "", hint: "" }} />
        ) : null}
        {data?.state === "running" ? (
          <Meter share={data.share} label={t("order.tried", { n: w.count(data.messages) })} />
        ) : null}
        {data?.result ? (
          <>
            {tried?.what === what ? null : <p className={style.serious}>{t("order.triedBefore")}</p>}
            {onLower ? (
              <Warnings result={data.result} draft={draft} needed={set?.promote || usualPromote} onLower={onLower} />
            ) : null}
            <Result result={data.result} words={words !== undefined} />
          </>
        ) : null}
      </div>
    </Sheet>
  );
}

/** Lower bound of the precision from which a clause may act by itself, where nobody typed one. */
const usualPromote = 0.95;

interface WarningsProps {
  result: BacktestResult;
  draft: Policy;
  needed: number;
  onLower: (clause: string) => void;
}

/** Clauses that would act by themselves without having shown that they are right. */
function Warnings({ result, draft, needed, onLower }: WarningsProps) {
  const w = useWords();
  const { t } = w;
  const doubtful = result.clauses.filter(
    (c) =>
      c.hits > 0 &&
      (c.low === null || c.low < needed) &&
      draft.clauses.some((x) => x.id === c.clause && (x.stage === "auto" || c.at_once > 0)),
  );
  if (doubtful.length === 0) return null;
  return (
    <ul role="alert">
      {doubtful.map((c) => (
        <li key={c.clause} className={`${style.stopped} ${style.bar}`}>
          <span>
            {c.low === null
              ? t(c.at_once > 0 ? "order.notShownAtOnce" : "order.notShown", {
                  name: nameText(t, c.name),
                  n: w.exact(c.hits),
                  people: w.exact(c.people),
                })
              : t("order.notRight", {
                  name: nameText(t, c.name),
                  wrong: w.exact(c.wrong),
                  low: w.percent(c.low),
                  needed: w.percent(needed),
                })}
          </span>
          <Button size="small" onClick={() => onLower(c.clause)}>
            {t(
              draft.clauses.some((x) => x.id === c.clause && x.stage === "auto")
                ? "order.lowerIt"
                : "order.lowerAtOnce",
            )}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Result({ result: r, words }: { result: BacktestResult; words: boolean }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  return (
    <div className={style.form} role="status">
      <dl className={style.facts}>
        <dt>{t("order.triedMessages")}</dt>
        <dd>
          {t("order.triedIn", { n: w.count(r.messages), s: r.seconds.toFixed(1) })}
          {r.messages === 0 ? ` ${t("order.triedNothing")}` : null}
        </dd>
        <dt>{t("order.wouldHit")}</dt>
        <dd>{t("order.hitPeople", { n: w.exact(r.hits), people: w.exact(r.people), removed: w.exact(r.removed) })}</dd>
        {r.at_once > 0 ? (
          <>
            <dt>{t("order.backAtOnce")}</dt>
            <dd>{t("order.backAtOnceN", { n: w.exact(r.at_once) })}</dd>
          </>
        ) : null}
        <dt>{t("order.difference")}</dt>
        <dd>
          {t(words ? "order.wordsDiffer" : "order.differs", {
            only: w.exact(r.only),
            lost: w.exact(r.lost),
            both: w.exact(r.both),
          })}
        </dd>
        <dt>{t("order.precision")}</dt>
        <dd>
          {r.low === null || r.high === null
            ? t("order.nobodySaid")
            : t("order.between", {
                low: w.percent(r.low),
                high: w.percent(r.high),
                right: r.right,
                n: r.right + r.wrong,
              })}
        </dd>
        <dt>{t("order.work")}</dt>
        <dd>{t("order.workMinutes", { n: Math.ceil(r.minutes) })}</dd>
      </dl>
      {r.days.length > 1 ? (
        <figure className={style.field}>
          <figcaption className={style.faint}>{t("order.byDay")}</figcaption>
          <Sparkline
            values={r.days.map((d) => d.hits)}
            label={t("order.byDayLabel", {
              from: r.days[0]?.day ?? "",
              to: r.days.at(-1)?.day ?? "",
              most: w.exact(Math.max(...r.days.map((d) => d.hits))),
            })}
          />
        </figure>
      ) : null}
      {r.members.length > 0 ? (
        <details>
          <summary>{t("order.whoIsHit")}</summary>
          <ul>
            {r.members.slice(0, 20).map((m) => (
              <li key={m.person}>
                {m.name}{" "}
                <span className={style.faint}>
                  · {t("order.wouldReach", { n: m.strike, acts: actsText(t, m.acts) })}
                </span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {r.clauses
        .filter((c) => c.hits > 0)
        .map((c) => (
          <section key={c.clause}>
            <p className={style.head}>
              <span className={style.name}>{nameText(t, c.name)}</span>
              <span className={style.faint}>
                {t("order.clauseHits", { n: w.exact(c.hits), people: w.exact(c.people) })}
              </span>
            </p>
            {c.samples.map((s) => (
              <div key={s.seq}>
                <p className={style.quote}>
                  {cut(
                    s.text,
                    s.reasons.map((x) => ({ start: x.start, end: x.end, why: reasonText(t, x) })),
                  ).map((p, i) => (p.why ? <mark key={i}>{p.text}</mark> : p.text))}
                </p>
                <p className={style.faint}>
                  {s.name} · {w.when(s.at, zone)}
                  {s.in_force ? "" : ` · ${t("order.onlyNew")}`}
                </p>
              </div>
            ))}
          </section>
        ))}
    </div>
  );
}
