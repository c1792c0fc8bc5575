import type { Capability, GroupCard } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { MessageLine } from "../../parts/MessageLine.tsx";
import { stream } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import type { Asking } from "./ActionSheet.tsx";
import { Compose } from "./Compose.tsx";
import style from "./LatestPanel.module.css";
import { actable, canOf, MessageMenu } from "./MessageMenu.tsx";

interface Props {
  group: GroupCard;
  capabilities: Capability[];
  className?: string;
  /** Told what somebody wants to do about a message. */
  onAsk: (what: Asking) => void;
}

const near = 80; // pixels from the end within which the list follows what is new

/** What is being said now, and the place to answer. */
export function LatestPanel({ group, capabilities, className, onAsk }: Props) {
  const { t } = useWords();
  const { community, may } = useHere();
  const { data, error, refetch } = useQuery(stream(community, group.id, 30));
  const list = useRef<HTMLElement>(null);
  const following = useRef(true);
  const newest = data?.messages.at(-1)?.seq;

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when something newer came
  useEffect(() => {
    if (list.current && following.current) list.current.scrollTop = list.current.scrollHeight;
  }, [newest]);

  return (
    <Panel
      title={t("latest.title")}
      className={className}
      flush
      actions={
        <Link to="/messages" search={{ group: group.id }}>
          {t("latest.all")}
        </Link>
      }
    >
      {error && !data ? (
        <div className={style.pad}>
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        </div>
      ) : !data ? (
        <div className={style.pad}>
          <Loading rows={6} />
        </div>
      ) : data.messages.length === 0 ? (
        <Empty title={t("state.noMessages")} />
      ) : (
        <section
          ref={list}
          className={style.list}
          aria-label={t("latest.title")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
          tabIndex={0}
          onScroll={(e) => {
            const box = e.currentTarget;
            following.current = box.scrollHeight - box.scrollTop - box.clientHeight < near;
          }}
        >
          {data.messages.map((m) => (
            <MessageLine
              key={m.seq}
              message={m}
              actions={
                may("act") && actable(m) ? (
                  <MessageMenu message={m} capabilities={capabilities} onChoose={onAsk} />
                ) : undefined
              }
            />
          ))}
        </section>
      )}
      {may("act") ? <Compose group={group} send={canOf(capabilities, "send")} /> : null}
    </Panel>
  );
}
