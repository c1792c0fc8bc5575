import type { GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { RetentionTable } from "../../parts/RetentionTable.tsx";
import { retention, type Span } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";

interface Props {
  group: GroupCard;
  span: Span;
  className?: string;
}

const kinds = ["speaking", "membership"] as const;

/** Who came back: weekly cohorts by first message, or by joining. */
export function RetentionPanel({ group, span, className }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const [of, setOf] = useState<(typeof kinds)[number]>("speaking");
  const { data, error, refetch } = useQuery(retention(community, group.id, { ...span, of }));
  const next = data?.next;
  return (
    <Panel
      title={t("retention.title")}
      className={className}
      note={
        next?.value != null ? t("retention.next", { value: w.share(next.value, next.of) }) : t(`retention.note.${of}`)
      }
      actions={
        <Segmented
          aria-label={t("retention.of")}
          value={of}
          onChange={setOf}
          options={kinds.map((k) => ({ value: k, label: t(`retention.${k}`) }))}
        />
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : !data.known ? (
        <Empty title={t("unknown.title")}>{t(of === "membership" ? "why.no_joins" : "why.no_messages")}</Empty>
      ) : data.cohorts.every((c) => c.size === 0) ? (
        <Empty title={t("retention.none")}>{t("retention.noneTeach")}</Empty>
      ) : (
        <RetentionTable retention={data} last={span.to} />
      )}
    </Panel>
  );
}
