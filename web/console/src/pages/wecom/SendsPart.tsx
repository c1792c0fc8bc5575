import type { PendingSend } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { ownedGroups, pendingSend, pendingSends, remindSend } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

const days = 14;

/** Mass messages of the last two weeks: who has not sent them yet, and reminding them. */
export function SendsPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(pendingSends(community, name, days));
  return (
    <Panel title={t("wecom.sends.title")} note={t("wecom.sends.note")}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={5} />
      ) : data.length === 0 ? (
        <Empty
          title={t("wecom.sends.none")}
          actions={
            <Link to="/groups" search={{}}>
              {t("wecom.sends.toGroups")}
            </Link>
          }
        >
          {t("wecom.sends.noneTeach")}
        </Empty>
      ) : (
        <ul className={style.list}>
          {data.map((s) => (
            <li key={s.id}>
              <Send name={name} send={s} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Send({ name, send: s }: { name: string; send: PendingSend }) {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(pendingSend(community, name, s.id));
  const groups = useQuery(ownedGroups(community, name));
  const remind = useMutation({
    mutationFn: () => remindSend(community, name, s.id),
    onSettled: () => client.invalidateQueries({ queryKey: ["wecom", community, name, "send", s.id] }),
  });
  const called = (ids: string[]) =>
    ids
      .slice(0, 5)
      .map((g) => groups.data?.find((x) => x.group === g)?.name || g)
      .join(t("wecom.comma"));
  const worn = data !== undefined && data.reminded >= data.most;
  return (
    <article className={style.line} aria-label={s.text || s.id}>
      <div className={style.words}>
        <p className={style.text}>{s.text || t("wecom.sends.noText")}</p>
        <p className={style.faint}>{w.when(s.at, zone)}</p>
        {error && !data ? <Refused error={error} onRetry={() => void refetch()} /> : null}
        {data ? (
          <>
            {data.waiting.length > 0 ? (
              <p className={style.watch}>{t("wecom.sends.waiting", { who: data.waiting.join(t("wecom.comma")) })}</p>
            ) : (
              <p className={style.good}>{t("wecom.sends.sent", { who: data.sent.join(t("wecom.comma")) })}</p>
            )}
            {data.open.length > 0 ? (
              <p className={style.soft}>{t("wecom.sends.open", { groups: called(data.open) })}</p>
            ) : null}
            {data.arrived.length > 0 ? (
              <p className={style.soft}>
                {t("wecom.sends.arrived", { count: data.arrived.length, groups: called(data.arrived) })}
              </p>
            ) : null}
            {data.limit.length > 0 ? (
              <p className={style.alert}>
                {t("wecom.sends.limit", { count: data.limit.length, groups: called(data.limit) })}
              </p>
            ) : null}
            {data.refused.length > 0 ? (
              <p className={style.alert}>
                {t("wecom.sends.refused", { count: data.refused.length, groups: called(data.refused) })}
              </p>
            ) : null}
          </>
        ) : error ? null : (
          <Loading rows={1} />
        )}
        {remind.error ? <Refused error={remind.error} /> : null}
      </div>
      {data && data.waiting.length > 0 && may("act") ? (
        <div className={style.acts}>
          <Button disabled={worn} loading={remind.isPending} onClick={() => remind.mutate()}>
            {t("wecom.sends.remind")}
          </Button>
          <span className={style.faint} role="status">
            {t(worn ? "wecom.sends.worn" : "wecom.sends.reminded", { n: data.reminded, most: data.most })}
          </span>
        </div>
      ) : null}
    </article>
  );
}
