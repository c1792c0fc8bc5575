import type { AlikeSet } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { useState } from "react";
import { useKeys } from "../../queries/key.ts";
import { alikeSets, mergePeople, sayApart, undoPeople } from "../../queries/people.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Line } from "./Line.tsx";
import style from "./People.module.css";

/** What was decided last, so that it can be taken back. */
type Done = { merged: number } | { apart: number[] };

const catchesUp = 3000; // milliseconds, after which the server's views have usually followed

const keyOf = (s: AlikeSet) => `${s.reason}/${s.people.map((p) => p.id).join("/")}`;

/** All who may be the same person, with the reason; people decide. */
export function AlikePage() {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const found = useInfiniteQuery(alikeSets(community));
  const [done, setDone] = useState<Done>();
  // What was decided here is gone at once; the server's list follows the log a moment later.
  const [decided, setDecided] = useState<string[]>([]);
  const again = () => {
    for (const part of ["people", "person"]) void client.invalidateQueries({ queryKey: [part] });
  };
  const undo = useMutation({
    mutationFn: async (was: Done) => {
      if ("apart" in was) await sayApart(community, was.apart, false);
      else await undoPeople(community, was.merged, keys.of(String(was.merged)));
    },
    onSettled: (_, error) => keys.settle(error),
    onSuccess: () => {
      setDone(undefined);
      setDecided((was) => was.slice(0, -1));
      again();
      setTimeout(again, catchesUp);
    },
  });
  const list = (found.data?.pages.flatMap((p) => p.sets) ?? []).filter((s) => !decided.includes(keyOf(s)));
  return (
    <div className={style.page}>
      <p>
        <Link to="/people">{t("alike.back")}</Link>
      </p>
      <h1>{t("alike.title")}</h1>
      {done ? (
        <Alert
          type="success"
          title={t("merged" in done ? "people.linked" : "alike.keptApart")}
          action={
            <Button size="small" loading={undo.isPending} onClick={() => undo.mutate(done)}>
              {t("people.undo")}
            </Button>
          }
        />
      ) : null}
      {undo.error ? <Failed trouble={asProblem(undo.error)} /> : null}
      <Panel title={t("alike.list")} note={t("people.alikeNote")}>
        {found.error && list.length === 0 ? (
          <Failed trouble={asProblem(found.error)} onRetry={() => void found.refetch()} />
        ) : found.isPending ? (
          <Loading rows={6} />
        ) : list.length === 0 ? (
          <Empty title={t("alike.none")}>{t("alike.noneTeach")}</Empty>
        ) : (
          <ul className={style.sets}>
            {list.map((s) => (
              <li key={keyOf(s)}>
                <OneSet
                  set={s}
                  onDone={(what) => {
                    setDone(what);
                    setDecided((was) => [...was, keyOf(s)]);
                    again();
                  }}
                />
              </li>
            ))}
          </ul>
        )}
        {found.hasNextPage ? (
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("alike.more")}
          </Button>
        ) : null}
      </Panel>
    </div>
  );
}

function OneSet({ set: s, onDone }: { set: AlikeSet; onDone: (what: Done) => void }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const keys = useKeys();
  const ids = s.people.map((p) => p.id);
  const merge = useMutation({
    mutationFn: () => mergePeople(community, ids, keys.of(ids.join("/"))),
    onSettled: (_, error) => keys.settle(error),
    onSuccess: (a) => onDone({ merged: a.as_of }),
  });
  const apart = useMutation({
    mutationFn: () => sayApart(community, ids, true),
    onSuccess: () => onDone({ apart: ids }),
  });
  const failed = merge.error ?? apart.error;
  return (
    <article className={style.set} aria-label={s.detail}>
      <p>
        {t(`people.reason.${s.reason}`, { detail: s.detail })}
        {s.shared > 0 ? ` · ${t("people.shared", { count: s.shared })}` : null}
      </p>
      {s.people.map((p) => (
        <Line key={p.id} person={p} />
      ))}
      {failed ? <Failed trouble={asProblem(failed)} /> : null}
      {may("act") ? (
        <div className={style.bar}>
          <Button loading={merge.isPending} disabled={apart.isPending} onClick={() => merge.mutate()}>
            {t("people.merge")}
          </Button>
          <Button type="text" loading={apart.isPending} disabled={merge.isPending} onClick={() => apart.mutate()}>
            {t("alike.apart")}
          </Button>
        </div>
      ) : null}
    </article>
  );
}
