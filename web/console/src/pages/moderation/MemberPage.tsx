import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useState } from "react";
import { newKey } from "../../queries/key.ts";
import { addToList, memberCases, pardon, writeNote } from "../../queries/moderation.ts";
import { colleagues } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { LinkPanel } from "./LinkPanel.tsx";
import style from "./Moderation.module.css";
import { PointsPanel } from "./PointsPanel.tsx";
import { ReceiptView } from "./ReceiptView.tsx";

/** What is on record of a member: receipts, strikes, lists, notes. */
export function MemberPage() {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const { person } = useParams({ from: "/inside/moderation/people/$person" });
  const client = useQueryClient();
  const asked = memberCases(community, person);
  const { data, error, refetch } = useQuery(asked);
  const { data: everybody } = useQuery(colleagues(community));
  const [note, setNote] = useState("");
  const keep = { onSuccess: (after: typeof data) => client.setQueryData(asked.queryKey, after) };
  const forgive = useMutation({
    mutationFn: () => pardon(community, person, note.trim(), newKey()),
    ...keep,
  });
  const write = useMutation({
    mutationFn: () => writeNote(community, person, note.trim(), newKey()),
    ...keep,
  });
  const list = useMutation({
    mutationFn: (to: "block" | "allow") =>
      addToList(community, { list: to, member: person, ...(note.trim() ? { reason: note.trim() } : {}) }, newKey()),
    onSuccess: () => void client.invalidateQueries({ queryKey: asked.queryKey }),
  });
  const failed = forgive.error ?? write.error ?? list.error;
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{data?.name || t("order.title")}</h1>
      <Parts of="moderation" />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} />
      ) : (
        <>
          <Panel title={t("order.strikes")} note={t("order.strikesNow", { count: data.strikes })}>
            <div className={style.form}>
              {data.lists.length > 0 ? (
                <p className={style.serious}>
                  {data.lists
                    .map((l) => t(l.list === "block" ? "order.blocklist" : "order.allowlist"))
                    .join(t("order.comma"))}
                </p>
              ) : null}
              {data.history.length > 0 ? (
                <ul>
                  {data.history.map((s) => (
                    <li key={`${s.at}/${s.verdict}/${s.delta}`}>
                      <span className={s.delta > 0 ? style.serious : style.good}>
                        {s.delta > 0 ? `+${s.delta}` : s.delta}
                      </span>{" "}
                      {t(`order.strikeWhy.${s.why as "verdict"}`, { defaultValue: s.why })}{" "}
                      <span className={style.faint}>
                        · #{s.verdict} · {w.when(s.at, zone)}
                      </span>
                    </li>
                  ))}
                </ul>
              ) : null}
              {may("moderation.judge") ? (
                <>
                  <Input.TextArea
                    aria-label={t("order.note")}
                    placeholder={t("order.note")}
                    autoSize={{ minRows: 2, maxRows: 6 }}
                    maxLength={1000}
                    value={note}
                    onChange={(e) => setNote(e.target.value)}
                  />
                  <div className={style.acts}>
                    <Button disabled={!note.trim()} loading={write.isPending} onClick={() => write.mutate()}>
                      {t("order.writeNote")}
                    </Button>
                    <Button disabled={data.strikes === 0} loading={forgive.isPending} onClick={() => forgive.mutate()}>
                      {t("order.pardon")}
                    </Button>
                    <Button loading={list.isPending && list.variables === "allow"} onClick={() => list.mutate("allow")}>
                      {t("order.allow")}
                    </Button>
                    <Button
                      danger
                      loading={list.isPending && list.variables === "block"}
                      onClick={() => list.mutate("block")}
                    >
                      {t("order.block")}
                    </Button>
                  </div>
                </>
              ) : null}
              {failed ? <Failed trouble={asProblem(failed)} /> : null}
            </div>
          </Panel>
          <Panel title={t("order.verdicts")}>
            {data.verdicts.length === 0 ? (
              <Empty title={t("order.noVerdicts")}>{t("order.noVerdictsTeach")}</Empty>
            ) : (
              <div className={style.form}>
                {data.verdicts.map((v) => (
                  <ReceiptView key={v.id} verdict={v} />
                ))}
              </div>
            )}
          </Panel>
          <PointsPanel person={person} />
          <LinkPanel person={person} />
          {data.notes.length > 0 ? (
            <Panel title={t("order.notes")}>
              <ul>
                {data.notes.map((n) => (
                  <li key={`${n.at}/${n.staff}`}>
                    {n.text}{" "}
                    <span className={style.faint}>
                      · {everybody?.find((c) => c.id === n.staff)?.name ?? `#${n.staff}`} · {w.when(n.at, zone)}
                    </span>
                  </li>
                ))}
              </ul>
            </Panel>
          ) : null}
        </>
      )}
    </div>
  );
}
