import type { Clause, Policy, PolicyAnswer, PolicyTest } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Button, InputNumber, Popconfirm, Segmented, Select, Switch } from "antd";
import { useState } from "react";
import {
  checkPolicy,
  dropPolicy,
  keepPolicy,
  lexicons,
  order,
  policy,
  presets,
  saveOrder,
} from "../../queries/moderation.ts";
import { levelOf, type Scope } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { BacktestSheet } from "./BacktestSheet.tsx";
import { ClauseSheet } from "./ClauseSheet.tsx";
import { usual } from "./condition.ts";
import { GroupSwitch } from "./GroupSwitch.tsx";
import { MemberPageForm } from "./MemberPageForm.tsx";
import style from "./Moderation.module.css";
import { OrderForm } from "./OrderForm.tsx";
import { StoppedBar } from "./StoppedBar.tsx";
import { useWhose } from "./useWhose.tsx";
import { actsText, mistake, nameText, testText } from "./words.ts";

const stages = ["off", "shadow", "suggest", "auto"] as const;
type Stage = (typeof stages)[number];

/** The rules of the community, of a set of groups or of one group: clauses, how far each acts by itself, who is spared, what keeps the machine in check. */
export function RulesPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { group } = useSearch({ from: "/inside/moderation/rules" });
  const { whose, scope, members, chooser } = useWhose(group);
  const { data, error, refetch } = useQuery(policy(community, scope));
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <StoppedBar />
      <div className={style.bar}>
        {chooser}
        {data ? (
          <span className={style.faint}>
            {data.owner === "set" && data.name
              ? t("order.ownerSet", { name: data.name })
              : t(`order.owner.${data.owner}`)}
          </span>
        ) : null}
        {data && whose !== "all" && data.owner === levelOf(scope) ? (
          <GiveUp key={whose} scope={scope} saved={data} />
        ) : null}
      </div>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : (
        <Editor
          key={`${whose}/${data.version}`}
          place={`${whose}/${data.version}`}
          scope={scope}
          members={members}
          answer={data}
          saved={data.policy}
          version={data.version}
          share={data.share}
          missing={data.completeness.filter((e) => !e.met).map((e) => e.code)}
        />
      )}
      {scope.group ? <GroupSwitch key={scope.group} group={scope.group} /> : scope.set ? null : <Order />}
    </div>
  );
}

/** The way back to the rules that would hold without one's own. */
function GiveUp({ scope, saved }: { scope: Scope; saved: PolicyAnswer }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => dropPolicy(community, scope, { policy: saved.policy, version: saved.version }),
    onSuccess: (after) => client.setQueryData(policy(community, scope).queryKey, after),
  });
  if (!may("moderation.rules")) return null;
  return (
    <>
      <Popconfirm title={t("order.giveUpSure")} onConfirm={() => drop.mutate()}>
        <Button size="small" loading={drop.isPending}>
          {t("order.giveUp")}
        </Button>
      </Popconfirm>
      {drop.error ? <Failed trouble={asProblem(drop.error)} /> : null}
    </>
  );
}

interface EditorProps {
  /** Under what a draft is kept until the tab is closed: whose it is, and of what it is a change. */
  place: string;
  scope: Scope;
  /** The groups that are meant, none where all are. */
  members: number[];
  answer: PolicyAnswer;
  saved: Policy;
  version: number;
  share: number;
  /** What the rules leave open. */
  missing: string[];
}

function Editor({ place, scope, members, answer, saved, version, share, missing }: EditorProps) {
  const { t, lang, percent } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data: begin } = useQuery(presets(lang));
  const { data: words } = useQuery(lexicons(community, scope));
  const kept = ["draft", community, place];
  const [draft, setState] = useState(() => client.getQueryData<Policy>(kept) ?? saved);
  const setDraft = (next: Policy) => {
    setState(next);
    client.setQueryDefaults(kept, { gcTime: Number.POSITIVE_INFINITY });
    client.setQueryData(kept, next);
  };
  const [open, setOpen] = useState<{ clause: Clause; at: number }>();
  const [trying, setTrying] = useState(false);
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);
  const save = useMutation({
    mutationFn: async () => {
      const found = await checkPolicy(community, draft);
      if (!found.ok) throw mistake(t, draft.clauses, found);
      return keepPolicy(community, scope, { policy: draft, version });
    },
    onSuccess: (after) => {
      void client.invalidateQueries({ queryKey: ["settings", community, "policy"] }); // others inherit it
      client.setQueryData(policy(community, scope).queryKey, after);
    },
  });
  const writable = may("moderation.rules");
  const put = (at: number, c: Clause) =>
    setDraft({ ...draft, clauses: draft.clauses.map((x, i) => (i === at ? c : x)) });
  const whence = (c: Clause) => {
    const from = answer.clauses.find((x) => x.clause === c.id);
    const before = saved.clauses.find((x) => x.id === c.id);
    if (!from || !before || JSON.stringify(before) !== JSON.stringify(c)) return t("order.whence.unsaved");
    if (from.changed && from.level === levelOf(scope)) return t("order.whence.changed");
    return from.level === "set" && from.set !== scope.set
      ? t("order.ownerSet", { name: from.name ?? "" })
      : from.level === levelOf(scope)
        ? t("order.whence.own")
        : t(`order.whence.${from.level}`);
  };
  const absent = (begin?.library ?? []).filter((c) => !draft.clauses.some((x) => x.id === c.id));
  return (
    <Panel
      title={t("order.clauses")}
      note={t("order.clausesNote")}
      actions={
        writable ? (
          <Select
            aria-label={t("order.preset")}
            value={null as string | null}
            placeholder={t("order.preset")}
            popupMatchSelectWidth={false}
            onChange={(id) => {
              const p = begin?.presets.find((x) => x.id === id);
              if (p) setDraft(p.policy);
            }}
            options={(begin?.presets ?? []).map((p) => ({
              value: p.id,
              label: t(`order.presets.${p.id as "general"}`),
            }))}
          />
        ) : undefined
      }
    >
      <div className={style.form}>
        <div>
          <p className={style.faint}>{t("order.complete", { share: percent(share) })}</p>
          <Meter share={share} label={t("order.complete", { share: percent(share) })} />
          {missing.length > 0 ? (
            <p className={style.faint}>
              {t("order.missing", {
                what: missing.map((m) => t(`order.element.${m as "adverts"}`)).join(t("order.comma")),
              })}
            </p>
          ) : null}
        </div>
        {draft.clauses.length === 0 ? (
          <Empty title={t("order.noClauses")}>{t("order.noClausesTeach")}</Empty>
        ) : (
          <ul>
            {draft.clauses.map((c, at) => (
              <li key={c.id}>
                <article className={style.line} aria-label={nameText(t, c.name)}>
                  <div className={style.words}>
                    <p className={style.head}>
                      <span className={style.name}>{nameText(t, c.name)}</span>
                      <span className={style.faint}>
                        {[
                          t(`order.severity.${c.severity as 1}`),
                          t(`order.layer.${c.layer as "basic"}`),
                          ...(levelOf(scope) === "community" ? [] : [whence(c)]),
                        ].join(" · ")}
                      </span>
                    </p>
                    <p className={style.faint}>
                      {conditionText(t, c, { ...begin?.alternatives, ...answer.alternatives })}
                    </p>
                    <ol className={style.steps}>
                      {(c.ladder ?? []).map((s, i) => (
                        <li key={i}>{t("order.step", { n: i + 1, acts: actsText(t, s.acts) })}</li>
                      ))}
                      {c.always?.length ? <li>{t("order.always", { acts: actsText(t, c.always) })}</li> : null}
                      {c.at_once?.length ? (
                        <li>
                          {t("order.atOnce", {
                            acts: actsText(
                              t,
                              c.at_once.map((what) => ({ do: what })),
                            ),
                          })}
                        </li>
                      ) : null}
                    </ol>
                  </div>
                  <div className={style.acts}>
                    <Segmented<Stage>
                      size="small"
                      aria-label={t("order.stageOf", { name: nameText(t, c.name) })}
                      disabled={!writable}
                      value={c.stage as Stage}
                      onChange={(stage) => put(at, { ...c, stage })}
                      options={stages.map((s) => ({ value: s, label: t(`order.stage.${s}`) }))}
                    />
                    {writable ? (
                      <Button size="small" onClick={() => setOpen({ clause: c, at })}>
                        {t("order.edit")}
                      </Button>
                    ) : null}
                  </div>
                </article>
              </li>
            ))}
          </ul>
        )}
        {writable ? (
          <div className={style.bar}>
            <Select
              aria-label={t("order.addClause")}
              value={null as string | null}
              placeholder={t("order.addClause")}
              popupMatchSelectWidth={false}
              onChange={(id) => {
                const c = absent.find((x) => x.id === id);
                if (c) setDraft({ ...draft, clauses: [...draft.clauses, c] });
                else setOpen({ clause: fresh(draft), at: draft.clauses.length });
              }}
              options={[
                ...absent.map((c) => ({ value: c.id, label: nameText(t, c.name) })),
                { value: "", label: t("order.ownClause") },
              ]}
            />
          </div>
        ) : null}
        <dl className={style.facts}>
          <dt>{t("order.strikeDays")}</dt>
          <dd>
            <InputNumber
              aria-label={t("order.strikeDays")}
              disabled={!writable}
              min={1}
              max={3650}
              precision={0}
              suffix={t("order.days")}
              value={draft.strikes.days || 30}
              onChange={(n) => setDraft({ ...draft, strikes: { days: n ?? 30 } })}
            />
          </dd>
          <dt>{t("order.perHour")}</dt>
          <dd>
            <InputNumber
              aria-label={t("order.perHour")}
              disabled={!writable}
              min={1}
              max={1000}
              precision={0}
              value={draft.guard.per_hour || 20}
              onChange={(n) => setDraft({ ...draft, guard: { ...draft.guard, per_hour: n ?? 20 } })}
            />
          </dd>
          <dt>{t("order.pageAfter")}</dt>
          <dd>
            <InputNumber
              aria-label={t("order.pageAfter")}
              disabled={!writable}
              min={1}
              max={1440}
              precision={0}
              suffix={t("order.minutes")}
              value={draft.guard.page || 15}
              onChange={(n) => setDraft({ ...draft, guard: { ...draft.guard, page: n ?? 15 } })}
            />
          </dd>
          <dt>{t("order.twoPeople")}</dt>
          <dd className={style.bar}>
            {(["remove", "mute_all", "bulk"] as const).map((k) => (
              <span key={k} className={style.bar}>
                <Switch
                  size="small"
                  aria-label={t(`order.approval.${k}`)}
                  disabled={!writable}
                  checked={draft.approval[k] ?? false}
                  onChange={(on) => setDraft({ ...draft, approval: { ...draft.approval, [k]: on } })}
                />
                {t(`order.approval.${k}`)}
              </span>
            ))}
            <p className={style.faint}>{t("order.approvalHelp")}</p>
          </dd>
          <dt>{t("order.spared")}</dt>
          <dd>
            <Select
              mode="multiple"
              aria-label={t("order.spared")}
              disabled={!writable}
              style={{ minWidth: 220 }}
              value={draft.exempt.roles ?? []}
              onChange={(roles) => setDraft({ ...draft, exempt: { roles } })}
              options={["owner", "admin"].map((r) => ({ value: r, label: t(`order.role.${r as "owner"}`) }))}
            />
          </dd>
        </dl>
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        {writable ? (
          <div className={style.acts}>
            <Button disabled={scope.set !== undefined && members.length === 0} onClick={() => setTrying(true)}>
              {t("order.backtest")}
            </Button>
            <Button disabled={!changed} onClick={() => setDraft(saved)}>
              {t("action.cancel")}
            </Button>
            <Button type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
              {t("action.save")}
            </Button>
          </div>
        ) : null}
      </div>
      {trying ? (
        <BacktestSheet
          draft={draft}
          groups={members}
          onLower={(id) => setDraft({ ...draft, clauses: draft.clauses.map((c) => (c.id === id ? lowered(c) : c)) })}
          onClose={() => setTrying(false)}
        />
      ) : null}
      {open ? (
        <ClauseSheet
          clause={open.clause}
          isNew={open.at === draft.clauses.length}
          aspects={begin?.aspects ?? []}
          lists={(words ?? []).filter((l) => !l.starter).map((l) => l.name)}
          onSave={(c) => {
            if (open.at === draft.clauses.length) setDraft({ ...draft, clauses: [...draft.clauses, c] });
            else put(open.at, c);
            setOpen(undefined);
          }}
          onRemove={() => {
            setDraft({ ...draft, clauses: draft.clauses.filter((_, i) => i !== open.at) });
            setOpen(undefined);
          }}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
    </Panel>
  );
}

/** The clause as one by which nothing is done by itself; what it did not say stays unsaid. */
const lowered = (c: Clause): Clause => ({
  ...c,
  stage: c.stage === "auto" ? "suggest" : c.stage,
  ...(c.at_once ? { at_once: [] } : {}),
});

/** What a clause asks, in words; an expression that says more than tests can stays as it is written. */
function conditionText(t: ReturnType<typeof useWords>["t"], c: Clause, words: PolicyAnswer["alternatives"]): string {
  const all = (tests: readonly PolicyTest[]) => tests.map((x) => testText(t, x));
  if (c.when.expr)
    return (
      words[c.when.expr]
        ?.map((way) => all(way ?? []).join(t("order.and")))
        .join(`${t("order.semicolon")}${t("order.or").trimStart()}`) ?? c.when.expr
    );
  return all(c.when.tests ?? []).join(c.when.match === "any" ? t("order.or") : t("order.and"));
}

function fresh(p: Policy): Clause {
  let n = 1;
  while (p.clauses.some((c) => c.id === `own-${n}`)) n++;
  return {
    id: `own-${n}`,
    name: "",
    layer: "special",
    category: "custom",
    severity: 3,
    stage: "shadow",
    when: { tests: [{ what: "words", any: ["custom"] }] },
    ...usual(3),
    texts: {},
  };
}

/** Keeping order as a whole: the kill switch, how long members may appeal. */
function Order() {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(order(community));
  const save = useMutation({
    mutationFn: (body: NonNullable<typeof data>) => saveOrder(community, body),
    onSuccess: (after) => client.setQueryData(order(community).queryKey, after),
  });
  const writable = may("moderation.rules");
  const whole = (
    <Panel title={t("order.whole")} note={t("order.wholeNote")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : (
        <dl className={style.facts}>
          <dt>{t("order.kill")}</dt>
          <dd>
            <Switch
              aria-label={t("order.kill")}
              disabled={!writable}
              loading={save.isPending}
              checked={data.stopped}
              onChange={(stopped) => save.mutate({ ...data, stopped })}
            />{" "}
            <span className={style.faint}>{t("order.killTeach")}</span>
          </dd>
          <dt>{t("order.judging")}</dt>
          <dd>
            <Switch
              aria-label={t("order.judging")}
              disabled={!writable}
              loading={save.isPending}
              checked={!data.off}
              onChange={(on) => save.mutate({ ...data, off: !on })}
            />{" "}
            <span className={style.faint}>{t("order.judgingTeach")}</span>
          </dd>
          <dt>{t("order.appealDays")}</dt>
          <dd>{t("order.appealFor", { days: data.appeal || 7, hours: data.answer || 48 })}</dd>
        </dl>
      )}
      {data ? <OrderForm key={data.version} saved={data} writable={writable} /> : null}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
    </Panel>
  );
  return (
    <>
      {whole}
      {data ? <MemberPageForm key={`page/${data.version}`} saved={data} writable={writable} /> : null}
    </>
  );
}
