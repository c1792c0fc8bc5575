import type { DeedPick, Funnel, FunnelAnswer, FunnelLine, FunnelPeople } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, InputNumber, Select } from "antd";
import { type ReactNode, useState } from "react";
import { wayText } from "../../parts/ways.ts";
import { type ExploreSearch, funnel, funnelBys } from "../../queries/explore.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords, type Words } from "../../words/useWords.ts";
import { DeedForm, deedText } from "./DeedForm.tsx";
import style from "./Explore.module.css";
import { PeopleSheet } from "./PeopleSheet.tsx";
import { ScopeNote, TakeFile } from "./Tools.tsx";

const usualSteps: DeedPick[] = [{ kind: "member.joined" }, { kind: "message.posted" }];

/** The funnel that an address asks for. */
export function funnelOf(s: ExploreSearch, span: { from?: string; to?: string }): Funnel {
  const steps = s.steps ?? usualSteps;
  const window = s.window ?? 7;
  return {
    steps: steps.map((p, i) => {
      const { after, ...rest } = p;
      return i > 0 && after ? { ...rest, after: Math.min(after, window) } : rest;
    }),
    window,
    ...((s.same ?? true) ? { same_group: true } : {}),
    ...(s.by ? { by: s.by } : {}),
    ...(s.group ? { groups: [s.group] } : {}),
    ...(s.set ? { sets: [s.set] } : {}),
    ...span,
  };
}

/** A stretch of milliseconds as people say it. */
export function stretch(w: Words, ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 48) return w.t("unit.days", { n: (hours / 24).toFixed(1) });
  return w.lasting(Math.round(ms / 1000));
}

interface Props {
  search: ExploreSearch;
  span: { from: string; to: string };
  onChange: (change: Partial<ExploreSearch>) => void;
}

/** How many people go from one deed to the next. */
export function FunnelTab({ search, span, onChange }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const asks = funnelOf(search, span);
  const { data, error, refetch } = useQuery(funnel(community, asks));
  const [open, setOpen] = useState<Omit<FunnelPeople, "funnel"> & { title: string }>();
  return (
    <>
      <Panel title={t("explore.funnelAsk")} note={t("explore.funnelNote")}>
        <FunnelForm search={search} onChange={onChange} />
      </Panel>
      <Panel
        title={t("explore.funnelSeen")}
        note={data ? <ScopeNote period={data.period} coverage={data.coverage} /> : undefined}
        actions={<TakeFile what={{ of: "funnel", body: { funnel: asks } }} />}
      >
        {error ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data || data.total.steps.length !== asks.steps.length ? (
          <Loading rows={6} />
        ) : (data.total.steps[0]?.reached ?? 0) === 0 ? (
          <Empty title={t("explore.nobody")}>{t("explore.nobodyTeach")}</Empty>
        ) : (
          <Bars asks={asks} answer={data} onPeople={setOpen} />
        )}
      </Panel>
      {data && search.by && data.lines.length > 0 && data.total.steps.length === asks.steps.length ? (
        <Panel
          title={t("explore.byTitle", { by: t(`explore.bys.${search.by}`) })}
          note={
            data.lines_of > data.lines.length
              ? t("explore.linesOf", { n: w.exact(data.lines.length), of: w.exact(data.lines_of) })
              : undefined
          }
          flush
        >
          <Lines asks={asks} answer={data} onPeople={setOpen} />
        </Panel>
      ) : null}
      {open ? (
        <PeopleSheet asks={{ funnel: asks, ...lineOnly(open) }} title={open.title} onClose={() => setOpen(undefined)} />
      ) : null}
    </>
  );
}

function lineOnly({ title: _, ...rest }: Omit<FunnelPeople, "funnel"> & { title: string }) {
  return rest;
}

function FunnelForm({ search, onChange }: Omit<Props, "span">) {
  const { t } = useWords();
  const steps = search.steps ?? usualSteps;
  const window = search.window ?? 7;
  const put = (list: DeedPick[]) => onChange({ steps: list });
  return (
    <div className={style.form}>
      <ol className={style.steps}>
        {steps.map((p, i) => {
          const name = t("explore.step", { n: i + 1 });
          return (
            <li key={i} className={style.step}>
              <span className={style.nth}>{name}</span>
              <DeedForm pick={p} label={name} onChange={(pick) => put(steps.map((x, k) => (k === i ? pick : x)))} />
              {i > 0 ? (
                <span className={style.row}>
                  <span className={style.faint}>{t("explore.after")}</span>
                  <InputNumber
                    className={style.short}
                    aria-label={`${name} · ${t("explore.after")}`}
                    min={0}
                    max={window}
                    value={p.after ?? 0}
                    onChange={(v) => {
                      const { after: _, ...rest } = p;
                      put(steps.map((x, k) => (k === i ? (v ? { ...rest, after: v } : rest) : x)));
                    }}
                  />
                  <span className={style.faint}>{t("explore.afterDays")}</span>
                </span>
              ) : null}
              {steps.length > 1 ? (
                <Button
                  type="text"
                  size="small"
                  aria-label={t("explore.removeStep", { n: i + 1 })}
                  onClick={() => put(steps.filter((_, k) => k !== i))}
                >
                  {t("action.remove")}
                </Button>
              ) : null}
            </li>
          );
        })}
      </ol>
      <div className={style.row}>
        {steps.length < 8 ? (
          <Button onClick={() => put([...steps, { kind: "message.posted" }])}>{t("explore.addStep")}</Button>
        ) : null}
        <span className={style.row}>
          <span>{t("explore.window")}</span>
          <InputNumber
            className={style.short}
            aria-label={t("explore.window")}
            min={1}
            max={366}
            value={window}
            onChange={(v) => v && onChange({ window: v })}
          />
          <span>{t("explore.windowDays")}</span>
        </span>
        <Checkbox checked={search.same ?? true} onChange={(e) => onChange({ same: e.target.checked })}>
          {t("explore.same")}
        </Checkbox>
        <Select
          className={style.pick}
          aria-label={t("explore.by")}
          value={search.by ?? ""}
          onChange={(v) => onChange({ by: funnelBys.find((b) => b === v) })}
          options={[
            { value: "", label: t("explore.byNothing") },
            ...funnelBys.map((b) => ({ value: b, label: t("explore.byOne", { by: t(`explore.bys.${b}`) }) })),
          ]}
        />
      </div>
    </div>
  );
}

interface Seen {
  asks: Funnel;
  answer: FunnelAnswer;
  /** Absent: numbers open nobody. */
  onPeople?: (who: Omit<FunnelPeople, "funnel"> & { title: string }) => void;
}

/** A number that opens the people behind it, where there is somewhere to open them. */
function Count({ onOpen, label, children }: { onOpen?: () => void; label?: string; children: ReactNode }) {
  return onOpen ? (
    <button type="button" className={`plain ${style.number}`} aria-label={label} onClick={onOpen}>
      {children}
    </button>
  ) : (
    <span>{children}</span>
  );
}

/** The steps as bars. Every number opens the people behind it. */
export function Bars({ asks, answer, onPeople }: Seen) {
  const w = useWords();
  const { t } = w;
  return (
    <ol className={style.bars} aria-label={t("explore.funnelSeen")}>
      {answer.total.steps.map((s, i) => {
        const pick = asks.steps[i];
        if (!pick) return null;
        const name = deedText(w, pick);
        const last = i === asks.steps.length - 1;
        return (
          <li key={i} className={style.bar}>
            <div className={style.head}>
              <strong>
                {i + 1}. {name}
                {pick.after ? ` · ${t("explore.afterShort", { n: pick.after })}` : ""}
              </strong>
              <Count onOpen={onPeople && (() => onPeople({ step: i + 1, which: "reached", title: name }))}>
                {t("unit.people", { n: w.exact(s.reached) })}
                {s.share !== null ? ` · ${w.percent(s.share)}` : ""}
              </Count>
            </div>
            <div className={style.track} aria-hidden="true">
              <div className={style.fill} style={{ width: `${Math.max(0.5, (s.share ?? 0) * 100)}%` }} />
            </div>
            <div className={`${style.row} ${style.faint}`}>
              {s.passed !== null ? <span>{t("explore.passed", { n: w.percent(s.passed) })}</span> : null}
              {s.median !== null ? <span>{t("explore.median", { n: stretch(w, s.median) })}</span> : null}
              {!last && s.lost > 0 ? (
                <Count
                  onOpen={
                    onPeople &&
                    (() => onPeople({ step: i + 1, which: "lost", title: t("explore.lostAfter", { name }) }))
                  }
                >
                  {t("explore.lost", { n: w.exact(s.lost) })}
                </Count>
              ) : null}
              {!last && s.open > 0 ? (
                <Count
                  onOpen={
                    onPeople &&
                    (() => onPeople({ step: i + 1, which: "open", title: t("explore.openAfter", { name }) }))
                  }
                >
                  {t("explore.open", { n: w.exact(s.open) })}
                </Count>
              ) : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function lineName(w: Words, l: FunnelLine, by?: string): string {
  const { t } = w;
  if (l.type !== undefined) return l.type ? t(`explore.types.${l.type as "interest"}`) : t("explore.types.none");
  if (l.label) return by === "way" ? wayText(w, l.label) : l.label;
  if (l.label !== undefined) return t("explore.unsaid");
  return l.name || t("explore.unsaid");
}

/** One line for every group, way, inviter … */
export function Lines({ asks, answer, onPeople }: Seen) {
  const w = useWords();
  const { t } = w;
  const key = (l: FunnelLine) => `${l.group ?? ""} ${l.set ?? ""} ${l.type ?? ""} ${l.label ?? ""} ${l.inviter ?? ""}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
    <section className={style.scroll} tabIndex={0} aria-label={t("explore.lines")}>
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col">{asks.by ? t(`explore.bys.${asks.by}`) : ""}</th>
            {asks.steps.map((p, i) => (
              <th key={i} scope="col" className={style.figure}>
                {i + 1}. {deedText(w, p)}
                {p.after ? ` · ${t("explore.afterShort", { n: p.after })}` : ""}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.lines.map((l) => {
            const name = lineName(w, l, asks.by);
            const { steps, name: _, ...of } = l;
            return (
              <tr key={key(l)}>
                <th scope="row" title={name}>
                  {name}
                </th>
                {steps.map((s, i) => (
                  <td key={i} className={style.figure}>
                    <Count
                      label={t("explore.openLine", { name, step: i + 1, n: s.reached })}
                      onOpen={
                        onPeople && s.reached > 0 && !(asks.by === "inviter" && !l.inviter)
                          ? () => onPeople({ step: i + 1, which: "reached", ...of, title: name })
                          : undefined
                      }
                    >
                      {w.exact(s.reached)}
                    </Count>
                    {i > 0 && s.share !== null ? <small> {w.percent(s.share)}</small> : null}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
