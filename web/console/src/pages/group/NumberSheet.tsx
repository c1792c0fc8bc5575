import type { DeedPick, GroupCard, Metric, Num } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Explained, valueText } from "../../parts/NumberTile.tsx";
import { type ExploreSearch, funnelPeople } from "../../queries/explore.ts";
import type { TierName } from "../../queries/health.ts";
import type { Span } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { addDays, dayOf } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./HealthPanel.module.css";
import { metricName, People } from "./HealthPanel.tsx";
import { QuestionsPanel, RepliesPanel } from "./RepliesPanel.tsx";
import { RetentionPanel } from "./RetentionPanel.tsx";
import { SpeakersPanel } from "./SpeakersPanel.tsx";

interface Props {
  group: GroupCard;
  span: Span;
  number: Num;
  metrics: Metric[];
  coverage?: string;
  onClose: () => void;
}

/** What a number rests on: a tier, who did something in so many days, or a panel of the group's page. */
type Rows =
  | { tier: TierName; days?: number }
  | { deed: DeedPick["kind"]; days?: number }
  | { panel: typeof SpeakersPanel }
  | { cohorts: ExploreSearch };

const posted: DeedPick = { kind: "message.posted" };

const rows: Record<string, Rows> = {
  silent_share: { tier: "silent" },
  silent_members: { tier: "silent" },
  lost_members: { tier: "lost" },
  few_share: { tier: "few" },
  kol_members: { tier: "kol" },
  kol_share: { tier: "kol" },
  kol_output: { tier: "kol" },
  speakers: { deed: "message.posted" },
  dau: { deed: "message.posted", days: 1 },
  wau: { deed: "message.posted", days: 7 },
  mau: { deed: "message.posted", days: 30 },
  speaking_share: { deed: "message.posted" },
  joins: { tier: "joined" },
  leaves: { tier: "left" },
  leave_rate: { tier: "left", days: 30 },
  stay: { tier: "left", days: 90 },
  weekly_leave_rate: { tier: "left", days: 7 },
  members: { tier: "joined" },
  next_day_retention: { cohorts: { first: posted, back: posted, grain: "week" } },
  next_month_retention: { cohorts: { first: posted, back: posted, grain: "month", days: 365 } },
  next_week_retention: { panel: RetentionPanel },
  membership_retention: { panel: RetentionPanel },
  top1_share: { panel: SpeakersPanel },
  top5_share: { panel: SpeakersPanel },
  gini: { panel: SpeakersPanel },
  mentions: { panel: RepliesPanel },
  replies: { panel: RepliesPanel },
  answered_share: { panel: RepliesPanel },
  isolated_share: { panel: RepliesPanel },
  first_reply_minutes: { panel: QuestionsPanel },
  questions: { panel: QuestionsPanel },
  unanswered_questions: { panel: QuestionsPanel },
  unanswered_share: { panel: QuestionsPanel },
  flat_questions: { panel: QuestionsPanel },
};

/** Of messages that hold something, what. */
const texts: Record<string, { q: string }> = { links: { q: "http" } };

/** A number with its formula, and the people and messages behind it. */
export default function NumberSheet({ group, span, number, metrics, coverage, onClose }: Props) {
  const w = useWords();
  const { t } = w;
  const metric = metrics.find((m) => m.id === number.metric);
  const behind = rows[number.metric];
  return (
    <Sheet title={metricName(w, number.metric, metrics)} width={560} onClose={onClose}>
      <p className={style.large}>{valueText(w, number, metric)}</p>
      <Explained number={number} metric={metric} coverage={coverage} period={w.days(span.from, span.to)} />
      <h3 className={style.behind}>{t("number.behind")}</h3>
      {behind && "tier" in behind ? (
        <People group={group} of={behind.tier} days={within(group, span, behind.days)} />
      ) : null}
      {behind && "deed" in behind ? <Doers group={group} span={span} {...behind} /> : null}
      {behind && "panel" in behind ? <behind.panel group={group} span={span} /> : null}
      {behind && "cohorts" in behind ? (
        <p>
          <Link
            to="/explore"
            search={{ tab: "cohorts", group: group.id, ...(behind.cohorts.days ? {} : span), ...behind.cohorts }}
          >
            {t("number.cohorts")}
          </Link>
        </p>
      ) : null}
      <p className={style.behind}>
        <Link to="/messages" search={{ group: group.id, ...span, ...texts[number.metric] }}>
          {t("number.messages")}
        </Link>
      </p>
    </Sheet>
  );
}

/** The period, or its last so many whole days. */
function within(group: GroupCard, span: Span, days?: number): Span {
  if (!days) return span;
  const today = dayOf(Date.now(), group.zone);
  const to = span.to >= today ? addDays(today, -1) : span.to;
  return { from: addDays(to, 1 - days), to };
}

/** Who did something in the period, or in its last whole days. */
function Doers({ group, span, deed, days }: { group: GroupCard; span: Span; deed: DeedPick["kind"]; days?: number }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(
    funnelPeople(community, {
      funnel: {
        steps: [{ kind: deed }],
        window: 1,
        groups: [group.id],
        ...within(group, span, days),
      },
      step: 1,
    }),
  );
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  return (
    <>
      <p>{t("number.did.posted", { count: data.total, n: w.exact(data.total) })}</p>
      <ul className={style.people}>
        {data.people.map((p) => (
          <li key={p.person}>
            <Link
              to="/people/$person"
              params={{ person: p.person }}
              title={p.at[0] ? w.when(p.at[0], group.zone) : undefined}
            >
              {p.name || t("message.nameless")}
            </Link>
          </li>
        ))}
        {data.total > data.people.length ? (
          <li>{t("tier.rest", { n: w.exact(data.total - data.people.length) })}</li>
        ) : null}
      </ul>
    </>
  );
}
