import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { HeatTable } from "../../parts/HeatTable.tsx";
import { rhythm, type Span } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

/** When the group is awake. */
export function RhythmPanel({ group, span, className }: Props) {
  const { t, count } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(rhythm(community, group.id, span));
  const peak = data && peakOf(data.mean);
  return (
    <Panel
      title={t("rhythm.title")}
      className={className}
      note={
        peak
          ? t("rhythm.peak", {
              weekday: t(`weekday.${peak.weekday}` as "weekday.0"),
              hour: peak.hour,
              n: count(peak.value),
            })
          : t("rhythm.note")
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : peak ? (
        <HeatTable rhythm={data} />
      ) : data.mean.every((row) => row.every((v) => v === null)) ? (
        <Empty title={t("unknown.title")}>{t("why.too_young")}</Empty> // no day of it is over and there
      ) : (
        <Empty title={t("state.noMessages")}>{t("state.otherPeriod")}</Empty>
      )}
    </Panel>
  );
}

function peakOf(mean: (number | null)[][]): { weekday: number; hour: number; value: number } | undefined {
  let found: { weekday: number; hour: number; value: number } | undefined;
  mean.forEach((row, weekday) => {
    row.forEach((value, hour) => {
      if (value && value > (found?.value ?? 0)) found = { weekday, hour, value };
    });
  });
  return found;
}
