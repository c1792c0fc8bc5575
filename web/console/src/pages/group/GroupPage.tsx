import { SettingOutlined } from "@ant-design/icons";
import type { GroupHead, Num } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { CoverageStrip } from "../../parts/CoverageStrip.tsx";
import { DataLevel, Network } from "../../parts/DataLevel.tsx";
import { PeriodPicker } from "../../parts/PeriodPicker.tsx";
import { spanOf } from "../../parts/period.ts";
import { Tiles } from "../../parts/Tiles.tsx";
import { group, metrics, numbers } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { allTexts } from "../../words/language.ts";
import { dayOf, daysBetween } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import type { Asking } from "./ActionSheet.tsx";
import { CharterPanel } from "./CharterPanel.tsx";
import { GroupMenu } from "./GroupMenu.tsx";
import style from "./GroupPage.module.css";
import { HealthPanel } from "./HealthPanel.tsx";
import { LatestPanel } from "./LatestPanel.tsx";
import { canDo } from "./MessageMenu.tsx";
import { KeeperName, Notices, unread } from "./Notices.tsx";
import { OverlapPanel } from "./OverlapPanel.tsx";
import { RetentionPanel } from "./RetentionPanel.tsx";
import { RhythmPanel } from "./RhythmPanel.tsx";
import { SpeakersPanel } from "./SpeakersPanel.tsx";
import { WordsPanel } from "./WordsPanel.tsx";

// ECharts is the larger half of this page: the rest does not wait for it.
const TrendFigure = lazy(async () => ({ default: (await import("./Charts.tsx")).TrendFigure }));
const FlowFigure = lazy(async () => ({ default: (await import("./Charts.tsx")).FlowFigure }));
// The last of the page, seldom needed.
const ContingencyPanel = lazy(async () => {
  const [{ ContingencyPanel }] = await Promise.all([import("../contingency/ContingencyPanel.tsx"), allTexts()]);
  return { default: ContingencyPanel };
});
const RepliesPanel = lazy(async () => ({ default: (await import("./RepliesPanel.tsx")).RepliesPanel }));
const FormsPanel = lazy(async () => ({ default: (await import("./RepliesPanel.tsx")).FormsPanel }));
const QuestionsPanel = lazy(async () => ({ default: (await import("./RepliesPanel.tsx")).QuestionsPanel }));
const ActionSheet = lazy(() => import("./ActionSheet.tsx"));
const NumberSheet = lazy(async () => (await Promise.all([import("./NumberSheet.tsx"), allTexts()]))[0]);
const SettingsDrawer = lazy(() => import("./SettingsDrawer.tsx"));

/** The numbers that answer most questions; the others are one click away. */
const firstNumbers = [
  "messages",
  "speakers",
  "dau_mean",
  "activity_rate",
  "next_week_retention",
  "message_decay",
  "joins",
  "leaves",
];

/** One group's story over a period. */
export function GroupPage() {
  const { group: g } = useParams({ from: "/inside/groups/$group" });
  const { community } = useHere();
  const head = useQuery(group(community, g));
  if (head.error && !head.data) {
    return <Failed trouble={asProblem(head.error)} onRetry={() => void head.refetch()} />;
  }
  if (!head.data) return <Loading rows={12} />;
  return <Story key={g} head={head.data} />;
}

function Story({ head }: { head: GroupHead }) {
  const w = useWords();
  const { t } = w;
  const search = useSearch({ from: "/inside/groups/$group" });
  const navigate = useNavigate({ from: "/groups/$group" });
  const { community, may } = useHere();
  const [settings, setSettings] = useState(false);
  const [asking, setAsking] = useState<Asking | undefined>();
  const [opened, setOpened] = useState<Num | undefined>();
  const g = head.group;
  const silent = unread(g, head.capabilities);
  const lastDay = g.last_at ? dayOf(g.last_at, g.zone) : undefined;
  const today = dayOf(Date.now(), g.zone);
  const span = spanOf(search, today, lastDay);
  const figures = useQuery(numbers(community, g.id, span));
  const { data: catalogue } = useQuery(metrics);
  const gapDays = (figures.data?.gaps ?? []).reduce((sum, x) => sum + x.days, 0);
  const length = daysBetween(span.from, span.to);
  const coverage =
    gapDays > 0
      ? t("group.covered", { n: Math.max(0, length - gapDays), of: length })
      : t("group.coveredWhole", { count: length });

  return (
    <div className={style.page}>
      <header className={style.head}>
        <div className={style.words}>
          <Link to="/groups" search={{}} className={style.up}>
            {t("group.all")}
          </Link>
          <h1>{g.name}</h1>
          <p className={style.about}>
            <span>
              <Network name={g.network} />
            </span>
            <span>
              {g.members != null
                ? t("group.members", { count: g.members, n: w.exact(g.members) })
                : t("group.membersUnknown", { n: w.exact(g.seen) })}
            </span>
            {g.first_at ? <span>{t("group.since", { day: w.day(dayOf(g.first_at, g.zone)) })}</span> : null}
            {g.data.includes("messages") ? <span>{t("group.total", { n: w.count(g.total) })}</span> : null}
            <KeeperName group={g.id} />
            <span className={style.level}>
              <DataLevel data={g.data} />
            </span>
          </p>
        </div>
        <div className={style.tools}>
          <PeriodPicker
            value={search}
            span={span}
            onChange={(p) => void navigate({ search: p, replace: true, resetScroll: false })}
          />
          {may("act") ? <GroupMenu capabilities={head.capabilities} onChoose={setAsking} /> : null}
          {may("manage") ? (
            <Button icon={<SettingOutlined aria-hidden="true" />} onClick={() => setSettings(true)}>
              {t("group.settings")}
            </Button>
          ) : null}
        </div>
      </header>
      {span.to < today && !search.from ? (
        <p className={style.old}>{t("group.old", { last: w.day(span.to), period: w.days(span.from, span.to) })}</p>
      ) : null}

      <Notices group={g} capabilities={head.capabilities} />
      <CoverageStrip coverage={head.coverage} zone={g.zone} span={span} />

      {figures.error && !figures.data ? (
        <Failed trouble={asProblem(figures.error)} onRetry={() => void figures.refetch()} />
      ) : figures.data ? (
        <Tiles
          numbers={figures.data.numbers}
          metrics={catalogue ?? []}
          first={firstNumbers}
          label={t("group.numbers")}
          period={w.days(span.from, span.to)}
          coverage={coverage}
          onOpen={setOpened}
        />
      ) : (
        <Loading rows={3} />
      )}

      <CharterPanel group={g.id} />
      <HealthPanel group={g} metrics={catalogue ?? []} />

      <div className={style.grid}>
        <Suspense
          fallback={
            <div className={style.wide}>
              <Loading rows={8} />
            </div>
          }
        >
          <TrendFigure className={style.wide} group={g} span={span} metrics={catalogue ?? []} />
        </Suspense>
        {silent ? null : (
          <>
            <RhythmPanel className={style.major} group={g} span={span} />
            <SpeakersPanel className={style.minor} group={g} span={span} />
          </>
        )}
        <RetentionPanel className={silent ? style.wide : style.major} group={g} span={span} />
        {silent ? null : <WordsPanel className={style.minor} group={g} span={span} />}
        <Suspense
          fallback={
            <div className={style.half}>
              <Loading rows={6} />
            </div>
          }
        >
          <FlowFigure className={style.half} group={g} span={span} />
        </Suspense>
        <LatestPanel className={style.half} group={g} capabilities={head.capabilities} onAsk={setAsking} />
        {silent ? null : (
          <Suspense
            fallback={
              <div className={style.wide}>
                <Loading rows={8} />
              </div>
            }
          >
            <RepliesPanel className={style.wide} group={g} span={span} />
            <QuestionsPanel className={style.half} group={g} span={span} />
            <FormsPanel className={style.half} group={g} span={span} />
          </Suspense>
        )}
        <OverlapPanel className={style.wide} group={g} />
        <Suspense
          fallback={
            <div className={style.wide}>
              <Loading rows={4} />
            </div>
          }
        >
          <ContingencyPanel className={style.wide} group={g} />
        </Suspense>
      </div>

      {asking ? (
        <Suspense fallback={null}>
          <ActionSheet
            group={g}
            asking={asking}
            can={canDo(head.capabilities, asking.kind, asking.message)}
            onClose={() => setAsking(undefined)}
          />
        </Suspense>
      ) : null}
      {opened ? (
        <Suspense fallback={null}>
          <NumberSheet
            group={g}
            span={span}
            number={opened}
            metrics={catalogue ?? []}
            coverage={coverage}
            onClose={() => setOpened(undefined)}
          />
        </Suspense>
      ) : null}
      {settings ? (
        <Suspense fallback={null}>
          <SettingsDrawer head={head} onClose={() => setSettings(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
