import type { Message } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { MessageLine } from "../../parts/MessageLine.tsx";
import { around } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ExplainSheet } from "../moderation/ExplainSheet.tsx";

interface Props {
  seq: number;
  marks: Message["marks"];
  onClose: () => void;
}

/** What was said before and after a message. */
export function Around({ seq, marks, onClose }: Props) {
  const { t } = useWords();
  const { community, may } = useHere();
  const [why, setWhy] = useState<number>();
  const { data, error, refetch } = useQuery(around(community, seq));
  const hit = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (data) hit.current?.scrollIntoView({ block: "center" });
  }, [data]);
  const found = data?.messages.find((m) => m.seq === seq);
  return (
    <Sheet
      width={560}
      onClose={onClose}
      title={found ? found.group_name : t("messages.around")}
      extra={
        found ? (
          <Link to="/groups/$group" params={{ group: found.group }} search={{}}>
            {t("messages.toGroup")}
          </Link>
        ) : null
      }
    >
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : (
        data.messages.map((m) => (
          <div key={m.seq} ref={m.seq === seq ? hit : undefined}>
            <MessageLine
              message={m.seq === seq ? { ...m, marks: marks ?? m.marks } : m}
              emphasis={m.seq === seq}
              actions={
                may("moderation.view") && m.kind === "message.posted" && !m.erased ? (
                  <Button type="text" size="small" onClick={() => setWhy(m.seq)}>
                    {t("order.explain")}
                  </Button>
                ) : undefined
              }
            />
          </div>
        ))
      )}
      {why ? <ExplainSheet seq={why} onClose={() => setWhy(undefined)} /> : null}
    </Sheet>
  );
}
