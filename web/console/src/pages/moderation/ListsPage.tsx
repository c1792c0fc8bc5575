import type { ListLine } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, InputNumber, Segmented } from "antd";
import { useState } from "react";
import { newKey } from "../../queries/key.ts";
import { addToList, lists, takeOffList } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { AmnestyPanel } from "./AmnestyPanel.tsx";
import style from "./Moderation.module.css";

/** Who is kept out of all groups, whom no rule concerns, and whose strikes are forgiven. */
export function ListsPage() {
  const { t } = useWords();
  const { community, may } = useHere();
  const [list, setList] = useState<"block" | "allow">("block");
  const found = useInfiniteQuery(lists(community, list));
  const lines = found.data?.pages.flatMap((p) => p.lines) ?? [];
  const writable = may("moderation.judge");
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <div className={style.bar}>
        <Segmented
          aria-label={t("order.listsTitle")}
          value={list}
          onChange={(v) => setList(v as "block")}
          options={[
            { value: "block", label: t("order.blocklist") },
            { value: "allow", label: t("order.allowlist") },
          ]}
        />
      </div>
      <Panel
        title={t(list === "block" ? "order.blocklist" : "order.allowlist")}
        note={t(list === "block" ? "order.blockNote" : "order.allowNote")}
      >
        <div className={style.form}>
          {writable ? <Add key={list} list={list} /> : null}
          {found.error && lines.length === 0 ? (
            <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
          ) : found.isPending ? (
            <Loading rows={4} />
          ) : lines.length === 0 ? (
            <Empty title={t("order.noLines")}>{t("order.noLinesTeach")}</Empty>
          ) : (
            <ul>
              {lines.map((l) => (
                <li key={l.id}>
                  <Line line={l} writable={writable} />
                </li>
              ))}
            </ul>
          )}
          {found.hasNextPage ? (
            <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("order.more")}
            </Button>
          ) : null}
        </div>
      </Panel>
      <AmnestyPanel />
    </div>
  );
}

function Line({ line: l, writable }: { line: ListLine; writable: boolean }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const { data: everybody } = useQuery(colleagues(community));
  const off = useMutation({
    mutationFn: () => takeOffList(community, l.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ["lists"] }),
  });
  const facts = [
    l.group_name || t("order.allGroups"),
    l.by ? everybody?.find((c) => c.id === l.by)?.name : t("order.byRule"),
    w.when(l.at, zone),
    l.expires_at ? t("team.until", { when: w.when(l.expires_at, zone) }) : t("order.forGood"),
  ].filter(Boolean);
  return (
    <article className={style.line} aria-label={l.name || l.pattern}>
      <div className={style.words}>
        <p className={style.name}>{l.pattern ? t("order.namesWith", { text: l.pattern }) : l.name || `#${l.member}`}</p>
        {l.reason ? <p>{l.reason}</p> : null}
        <p className={style.faint}>{facts.join(" · ")}</p>
        {off.error ? <Failed trouble={asProblem(off.error)} /> : null}
      </div>
      {writable && !l.ended_at ? (
        <Button size="small" loading={off.isPending} onClick={() => off.mutate()}>
          {t("order.takeOff")}
        </Button>
      ) : null}
    </article>
  );
}

/** Puts a part of names on a list. Members are put there from their page or from a card. */
function Add({ list }: { list: "block" | "allow" }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const [pattern, setPattern] = useState("");
  const [reason, setReason] = useState("");
  const [days, setDays] = useState<number | null>(null);
  const add = useMutation({
    mutationFn: () =>
      addToList(
        community,
        {
          list,
          pattern: pattern.trim(),
          ...(reason.trim() ? { reason: reason.trim() } : {}),
          ...(days ? { days } : {}),
        },
        newKey(),
      ),
    onSuccess: () => {
      setPattern("");
      setReason("");
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["lists"] }),
  });
  return (
    <div className={style.form}>
      <div className={style.bar}>
        <Input
          style={{ maxWidth: 220 }}
          maxLength={100}
          value={pattern}
          aria-label={t("order.pattern")}
          placeholder={t("order.pattern")}
          onChange={(e) => setPattern(e.target.value)}
        />
        <Input
          style={{ maxWidth: 260 }}
          maxLength={1000}
          value={reason}
          aria-label={t("order.why")}
          placeholder={t("order.why")}
          onChange={(e) => setReason(e.target.value)}
        />
        <InputNumber
          min={1}
          max={3650}
          precision={0}
          value={days}
          aria-label={t("order.days")}
          placeholder={t("order.forGood")}
          suffix={days ? t("order.days") : <span />} // beside "for ever" it would read as one
          onChange={setDays}
        />
        <Button disabled={!pattern.trim()} loading={add.isPending} onClick={() => add.mutate()}>
          {t("order.addLine")}
        </Button>
      </div>
      {add.error ? <Failed trouble={asProblem(add.error)} /> : null}
    </div>
  );
}
