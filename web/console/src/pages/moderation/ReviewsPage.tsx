import type { ReviewCard, RulingInput } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Segmented, Select } from "antd";
import { useEffect, useRef, useState } from "react";
import { newKey } from "../../queries/key.ts";
import {
  type ReviewKind,
  type ReviewState,
  reviewKinds,
  reviewStates,
  reviews,
  rule,
} from "../../queries/moderation.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ChangeSheet } from "./ChangeSheet.tsx";
import { asking, heldBy } from "./holding.ts";
import style from "./Moderation.module.css";
import { ReviewDetail } from "./ReviewDetail.tsx";
import { StoppedBar } from "./StoppedBar.tsx";
import { actsText, clauseText, decisionText, nameText } from "./words.ts";

const severities = { 1: style.grave, 2: style.serious, 3: style.light } as Record<number, string | undefined>;

/** What waits for a person to decide, the riskiest first. One key decides: A accepts, O overturns, C changes, J and K walk. */
export function ReviewsPage() {
  const { t } = useWords();
  const { community, staff, may } = useHere();
  const { state = "open", kind, clause, group } = useSearch({ from: "/inside/moderation" });
  const navigate = useNavigate();
  const client = useQueryClient();
  const found = useInfiniteQuery(
    reviews(community, {
      state,
      ...(kind ? { kind } : {}),
      ...(clause ? { clause } : {}),
      ...(group ? { group } : {}),
    }),
  );
  const cards = found.data?.pages.flatMap((p) => p.reviews) ?? [];
  const [at, setAt] = useState<number>();
  const [chosen, setChosen] = useState<number[]>([]);
  const [changing, setChanging] = useState(false);
  const here = cards.find((c) => c.id === at) ?? cards[0];
  const targets = chosen.length > 0 ? chosen : here ? [here.id] : [];
  const takeBack = useMutation({
    mutationFn: (ids: number[]) => rule(community, { reviews: ids, what: "undo" }, newKey()),
    onSettled: () => void client.invalidateQueries({ queryKey: ["reviews"] }),
  });
  const decide = useMutation({
    mutationFn: (body: Omit<RulingInput, "reviews">) => rule(community, { reviews: targets, ...body }, newKey()),
    onMutate: () => takeBack.reset(),
    onSuccess: () => {
      const left = cards.filter((c) => !targets.includes(c.id));
      const next = cards.findIndex((c) => c.id === here?.id);
      setAt(left[Math.min(next, left.length - 1)]?.id);
      setChosen([]);
      setChanging(false);
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["reviews"] }),
  });
  const judging = may("moderation.judge") && !decide.isPending;
  const appeal = here?.kind === "appeal";
  const step = (by: number) => {
    const i = cards.findIndex((c) => c.id === here?.id);
    setAt(cards[Math.max(0, Math.min(cards.length - 1, i + by))]?.id);
  };
  const keys: Record<string, () => void> = {
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    x: () => here && setChosen((c) => (c.includes(here.id) ? c.filter((i) => i !== here.id) : [...c, here.id])),
    ...(judging && here && state === "open" && !(here.talk && !here.talk.outcome) && !heldBy(here, staff?.id)
      ? {
          ...(asking(here, staff?.id) ? {} : { a: () => decide.mutate({ what: appeal ? "grant" : "accept" }) }),
          o: () => decide.mutate({ what: appeal ? "reject" : "overturn" }),
          c: () => setChanging(true),
        }
      : {}),
    ...(judging && decide.data?.cards ? { z: () => takeBack.mutate(decide.data.cards.map((c) => c.id)) } : {}),
  };
  useKeys(changing ? {} : keys);
  const top = useRef<HTMLDivElement>(null);
  const open = (id: number) => {
    setAt(id);
    if (matchMedia("(max-width: 900px)").matches) top.current?.scrollIntoView(); // it stands above the list there
  };

  return (
    <div className={style.page}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <StoppedBar />
      <div className={style.bar}>
        <Segmented<ReviewState>
          aria-label={t("order.states")}
          value={state}
          onChange={(s) =>
            void navigate({ to: "/moderation", search: { state: s === "open" ? undefined : s, kind, clause, group } })
          }
          options={reviewStates.map((s) => ({ value: s, label: t(`order.state.${s}`) }))}
        />
        <Select<ReviewKind | "all">
          aria-label={t("order.kinds")}
          value={kind ?? "all"}
          popupMatchSelectWidth={false}
          onChange={(k) =>
            void navigate({
              to: "/moderation",
              search: { state: state === "open" ? undefined : state, kind: k === "all" ? undefined : k, clause, group },
            })
          }
          options={[
            { value: "all" as const, label: t("order.allKinds") },
            ...reviewKinds.map((k) => ({ value: k, label: t(`order.kind.${k}`) })),
          ]}
        />
        {clause || group ? (
          <span className={style.faint}>
            {clause
              ? t("order.filteredBy", {
                  clause: clauseText(t, clause, cards.find((c) => c.clause === clause)?.clause_name),
                })
              : null}{" "}
            {group
              ? t("order.filteredGroup", { group: cards.find((c) => c.group === group)?.group_name || group })
              : null}{" "}
            <Button
              type="link"
              size="small"
              onClick={() =>
                void navigate({ to: "/moderation", search: { state: state === "open" ? undefined : state, kind } })
              }
            >
              {t("order.clearFilter")}
            </Button>
          </span>
        ) : null}
        {chosen.length > 0 ? <span className={style.faint}>{t("order.chosen", { count: chosen.length })}</span> : null}
      </div>
      {decide.data && !takeBack.isSuccess ? (
        <div className={style.bar} role="status">
          <span>
            {decide.data.cards.some((c) => c.state === "asked")
              ? t("order.asked")
              : t("order.decided", { count: decide.data.cards.length })}
          </span>
          <Button
            size="small"
            loading={takeBack.isPending}
            onClick={() => takeBack.mutate(decide.data.cards.map((c) => c.id))}
          >
            {t("order.undo")}
            <kbd>Z</kbd>
          </Button>
        </div>
      ) : null}
      {decide.error ? <Failed trouble={asProblem(decide.error)} /> : null}
      {takeBack.error ? <Failed trouble={asProblem(takeBack.error)} /> : null}
      {found.error && cards.length === 0 ? (
        <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading rows={8} />
      ) : cards.length === 0 || !here ? (
        <Panel title={t(`order.state.${state}`)}>
          <Empty title={t(state === "open" ? "order.none" : "order.noneDecided")}>{t("order.noneTeach")}</Empty>
        </Panel>
      ) : (
        <div ref={top} className={style.split}>
          <Panel title={t(`order.state.${state}`)} note={t("order.keys")} flush>
            <ul>
              {cards.map((c) => (
                <li key={c.id}>
                  <Line
                    card={c}
                    here={c.id === here.id}
                    chosen={chosen.includes(c.id)}
                    onOpen={() => open(c.id)}
                    onChoose={(on) => setChosen((all) => (on ? [...all, c.id] : all.filter((i) => i !== c.id)))}
                  />
                </li>
              ))}
            </ul>
            {found.hasNextPage ? (
              <Button type="text" block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t("order.more")}
              </Button>
            ) : null}
          </Panel>
          <ReviewDetail
            key={here.id}
            card={here}
            count={targets.length}
            busy={decide.isPending || takeBack.isPending}
            onRule={(body) => decide.mutate(body)}
            onChange={() => setChanging(true)}
            onWithdraw={() => takeBack.mutate([here.id])}
          />
        </div>
      )}
      {changing && here ? (
        <ChangeSheet
          acts={here.acts}
          busy={decide.isPending}
          onSave={(acts, note) => decide.mutate({ what: "change", acts, ...(note ? { note } : {}) })}
          onClose={() => setChanging(false)}
        />
      ) : null}
    </div>
  );
}

/** Single keys, while nothing is being typed. */
function useKeys(keys: Record<string, () => void>) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const in_ = e.target as HTMLElement;
      if (
        e.metaKey ||
        e.ctrlKey ||
        e.altKey ||
        in_.closest("input, textarea, select, [contenteditable], [role=combobox]")
      )
        return;
      const act = latest.current[e.key.length === 1 ? e.key.toLowerCase() : e.key];
      if (!act) return;
      e.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

interface LineProps {
  card: ReviewCard;
  here: boolean;
  chosen: boolean;
  onOpen: () => void;
  onChoose: (on: boolean) => void;
}

function Line({ card: c, here, chosen, onOpen, onChoose }: LineProps) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const facts = [
    c.items > 1 ? t("order.items", { count: c.items }) : "",
    c.groups > 1 ? t("order.inGroups", { count: c.groups }) : c.group_name,
    c.people > 1 ? t("order.byPeople", { count: c.people }) : "",
    c.reporters > 0 ? t("order.reporters", { count: c.reporters }) : "",
    w.when(c.newest_at, zone),
  ].filter(Boolean);
  return (
    <div className={here ? `${style.card} ${style.here}` : style.card}>
      <Checkbox
        checked={chosen}
        aria-label={t("order.choose", { name: c.name })}
        onChange={(e) => onChoose(e.target.checked)}
      />
      <button type="button" className={`plain ${style.cardWords}`} aria-current={here || undefined} onClick={onOpen}>
        <span className={style.head}>
          <span className={severities[c.severity]}>
            {c.clause_name ? nameText(t, c.clause_name) : t(`order.kind.${c.kind}`)}
          </span>
          <span className={style.faint}>{c.name}</span>
          {c.talk && !c.talk.outcome ? <span className={style.serious}>{t("order.talk.tag")}</span> : null}
          {c.paged_at ? <span className={style.serious}>{t("order.paged")}</span> : null}
        </span>
        <span className={style.text}>{c.text || t("order.noText")}</span>
        <span className={style.faint}>{facts.join(" · ")}</span>
        {c.state === "decided" && c.decision ? (
          <span className={style.faint}>
            {" "}
            · {decisionText(t, c.kind, c.decision)} · {actsText(t, c.acts)}
          </span>
        ) : null}
      </button>
    </div>
  );
}
