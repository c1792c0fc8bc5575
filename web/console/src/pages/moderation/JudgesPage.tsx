import type { Learning, Opinions } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, InputNumber, Popconfirm, Switch } from "antd";
import { useId, useState } from "react";
import { learning, opinions, saveLearning, saveOpinions, tryOpinion } from "../../queries/judges.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** Who judges beside our own classifiers, and what these learn from people's decisions. */
export function JudgesPage() {
  const { t } = useWords();
  const { community } = useHere();
  const second = useQuery(opinions(community));
  const lesson = useQuery(learning(community));
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <Panel title={t("judges.opinion")} note={t("judges.opinionNote")}>
        {second.error && !second.data ? (
          <Failed trouble={asProblem(second.error)} onRetry={() => void second.refetch()} />
        ) : !second.data ? (
          <Loading rows={6} />
        ) : (
          <OpinionForm key={second.data.version} saved={second.data} />
        )}
      </Panel>
      <Panel title={t("judges.learning")} note={t("judges.learningNote")}>
        {lesson.error && !lesson.data ? (
          <Failed trouble={asProblem(lesson.error)} onRetry={() => void lesson.refetch()} />
        ) : !lesson.data ? (
          <Loading rows={3} />
        ) : (
          <LearningForm saved={lesson.data} />
        )}
      </Panel>
    </div>
  );
}

const usual = { per_day: 500, wait: 10, low: 0.3, high: 0.95 } as const;

function OpinionForm({ saved }: { saved: Opinions }) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [draft, setDraft] = useState({
    on: saved.on,
    base: saved.base,
    model: saved.model,
    per_day: saved.per_day,
    low: saved.low,
    high: saved.high,
    wait: saved.wait,
  });
  const trouble = (["unavailable", "forbidden", "invalid"] as const).find((c) => c === saved.error_code);
  const [key, setKey] = useState("");
  const [text, setText] = useState("");
  const writable = may("manage");
  const input = () => ({ ...draft, ...(key ? { key } : {}), version: saved.version });
  const save = useMutation({
    mutationFn: () => saveOpinions(community, input()),
    onSuccess: (after) => client.setQueryData(opinions(community).queryKey, after),
  });
  const attempt = useMutation({ mutationFn: () => tryOpinion(community, { ...input(), text: text.trim() }) });
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const line = (name: "base" | "model", placeholder: string) => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`judges.${name}`)}</label>
      <Input
        id={`${id}-${name}`}
        disabled={!writable}
        placeholder={placeholder}
        value={draft[name]}
        onChange={(e) => change({ [name]: e.target.value.trim() })}
      />
    </div>
  );
  const number = (name: keyof typeof usual, most: number, step: number) => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`judges.${name}`)}</label>
      <InputNumber
        id={`${id}-${name}`}
        disabled={!writable}
        min={step}
        max={most}
        step={step}
        value={draft[name] || usual[name]}
        onChange={(n) => change({ [name]: n ?? 0 })}
      />
    </div>
  );
  return (
    <div className={style.form}>
      <dl className={style.facts}>
        <dt>{t("judges.on")}</dt>
        <dd>
          <Switch
            aria-label={t("judges.on")}
            disabled={!writable}
            checked={draft.on}
            onChange={(on) => change({ on })}
          />{" "}
          <span className={style.faint}>{t("judges.onTeach")}</span>
        </dd>
        {saved.on ? (
          <>
            <dt>{t("judges.today")}</dt>
            <dd>
              {t("judges.todayIs", { asked: saved.asked, answered: saved.answered, known: saved.known })}
              {saved.waiting > 0 ? ` · ${t("judges.waiting", { n: saved.waiting })}` : ""}
              {saved.asked >= (saved.per_day || 500) ? <p className={style.serious}>{t("judges.spent")}</p> : null}
            </dd>
          </>
        ) : null}
        {saved.paused ? (
          <>
            <dt>{t("judges.paused")}</dt>
            <dd className={style.serious}>{t("judges.pausedUntil", { when: w.when(saved.paused, zone) })}</dd>
          </>
        ) : null}
        {saved.error ? (
          <>
            <dt>{t("judges.failed")}</dt>
            <dd>
              {trouble ? `${t(`judges.trouble.${trouble}`)} ` : null}
              <span className={style.faint} lang="en">
                {saved.error}
              </span>
            </dd>
          </>
        ) : null}
      </dl>
      {line("base", "https://llm.example.com/v1")}
      {line("model", "qwen3-8b")}
      <div className={style.field}>
        <label htmlFor={`${id}-key`}>{t("judges.key")}</label>
        <Input.Password
          id={`${id}-key`}
          disabled={!writable}
          autoComplete="off"
          placeholder={saved.has_key ? t("judges.keyKept") : ""}
          value={key}
          onChange={(e) => setKey(e.target.value)}
        />
      </div>
      {number("per_day", 100_000, 1)}
      {number("low", 1, 0.05)}
      {number("high", 1, 0.05)}
      {number("wait", 60, 1)}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {writable ? (
        <>
          <div className={style.acts}>
            <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
              {t("action.save")}
            </Button>
          </div>
          <div className={style.field}>
            <label htmlFor={`${id}-text`}>{t("judges.tryText")}</label>
            <Input id={`${id}-text`} maxLength={500} value={text} onChange={(e) => setText(e.target.value)} />
          </div>
          <div className={style.acts}>
            <Button
              disabled={!text.trim() || !draft.base || !draft.model}
              loading={attempt.isPending}
              onClick={() => attempt.mutate()}
            >
              {t("judges.try")}
            </Button>
          </div>
          {attempt.error ? <Failed trouble={asProblem(attempt.error)} /> : null}
          {attempt.data ? (
            <div role="status">
              <dl className={style.facts}>
                <dt>{t("judges.says")}</dt>
                <dd>
                  {t(`judges.class.${attempt.data.class}`)} {w.percent(attempt.data.probability)}
                  {attempt.data.why ? ` · ${attempt.data.why}` : ""}
                </dd>
                <dt>{t("judges.sent")}</dt>
                <dd>{attempt.data.sent}</dd>
                <dt>{t("judges.took")}</dt>
                <dd>{t("judges.seconds", { n: (attempt.data.millis / 1000).toFixed(1) })}</dd>
              </dl>
            </div>
          ) : null}
        </>
      ) : null}
    </div>
  );
}

function LearningForm({ saved }: { saved: Learning }) {
  const { t } = useWords();
  const id = useId();
  const { community, may } = useHere();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (part: { off?: boolean; forget?: boolean; ask?: boolean; most?: number }) =>
      saveLearning(community, { off: saved.off, ask: saved.ask, most: saved.most, ...part, version: saved.version }),
    onSuccess: (after) => client.setQueryData(learning(community).queryKey, after),
  });
  const writable = may("moderation.rules");
  return (
    <div className={style.form}>
      <dl className={style.facts}>
        <dt>{t("judges.learn")}</dt>
        <dd>
          <Switch
            aria-label={t("judges.learn")}
            disabled={!writable}
            loading={save.isPending}
            checked={!saved.off}
            onChange={(on) => save.mutate({ off: !on })}
          />{" "}
          <span className={style.faint}>{t("judges.learnTeach")}</span>
        </dd>
        <dt>{t("judges.ask")}</dt>
        <dd>
          <Switch
            aria-label={t("judges.ask")}
            disabled={!writable || saved.off}
            loading={save.isPending}
            checked={saved.ask && !saved.off}
            onChange={(ask) => save.mutate({ ask })}
          />{" "}
          <span className={style.faint}>{t("judges.askTeach")}</span>
        </dd>
        <dt>
          <label htmlFor={id}>{t("judges.most")}</label>
        </dt>
        <dd>
          <InputNumber
            key={saved.most}
            id={id}
            disabled={!writable || saved.off || !saved.ask}
            min={1}
            max={500}
            precision={0}
            defaultValue={saved.most}
            changeOnWheel={false}
            onPressEnter={(e) => (e.target as HTMLInputElement).blur()}
            onBlur={(e) => {
              const most = Math.min(Math.max(Number(e.target.value) || saved.most, 1), 500);
              if (most !== saved.most) save.mutate({ most });
            }}
          />
        </dd>
        <dt>{t("judges.decided")}</dt>
        <dd>
          {t("judges.decidedIs", {
            adverts: saved.adverts,
            fine: saved.fine,
            needed: saved.needed,
            ordinary: saved.ordinary,
          })}
        </dd>
        <dt>{t("judges.inForce")}</dt>
        <dd>
          {saved.learnt > 0 ? t("judges.learnt", { n: saved.learnt, lesson: saved.lesson ?? 0 }) : t("judges.nothing")}
        </dd>
      </dl>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {writable ? (
        <div className={style.acts}>
          <Popconfirm
            title={t("judges.forgetSure")}
            okText={t("judges.forget")}
            cancelText={t("action.cancel")}
            onConfirm={() => save.mutate({ forget: true })}
          >
            <Button danger disabled={saved.adverts + saved.fine === 0}>
              {t("judges.forget")}
            </Button>
          </Popconfirm>
        </div>
      ) : null}
    </div>
  );
}
