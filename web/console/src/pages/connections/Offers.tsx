import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Switch } from "antd";
import { useId, useState } from "react";
import { adopt, offers, saveConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { inputOf } from "./fields.ts";

const perPage = 20;

/** Groups that the account is in and that nobody has adopted; nothing of them is logged. */
export function Offers({ connection: c }: { connection: Connection }) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(offers(community, c.name));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [find, setFind] = useState("");
  const [page, setPage] = useState(0);
  const again = () =>
    Promise.all(["connections", "groups", "capabilities"].map((k) => client.invalidateQueries({ queryKey: [k] })));
  const take = useMutation({
    mutationFn: (groups: string[]) => adopt(community, c.name, groups),
    onSuccess: () => {
      setChosen(new Set());
      return again();
    },
  });
  const manage = may("manage");
  const found = data?.filter((o) => `${o.name}\n${o.group}`.toLowerCase().includes(find.trim().toLowerCase())) ?? [];
  const at = Math.min(page, Math.max(0, Math.ceil(found.length / perPage) - 1));
  const shown = found.slice(at * perPage, (at + 1) * perPage);
  const picked = found.filter((o) => chosen.has(o.group));
  const all = found.length > 0 && picked.length === found.length;
  const toggle = (group: string) => {
    const next = new Set(chosen);
    if (!next.delete(group)) next.add(group);
    setChosen(next);
  };
  return (
    <Panel title={t("offers.title")} note={t("offers.note")} actions={manage ? <AdoptAll connection={c} /> : undefined}>
      {error && !data ? <Failed trouble={asProblem(error)} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Loading rows={3} /> : null}
      {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
      {take.data ? (
        <p className={style.done} role="status">
          {t("offers.adopted", { count: take.data.adopted })}
        </p>
      ) : null}
      {data?.length === 0 ? (
        <Empty title={t("offers.none")}>{t(c.adopt_all ? "offers.noneAll" : "offers.noneTeach")}</Empty>
      ) : null}
      {data && data.length > 0 ? (
        <>
          {data.length > perPage ? (
            <Input.Search
              allowClear
              className={style.find}
              aria-label={t("offers.find")}
              placeholder={t("offers.find")}
              value={find}
              onChange={(e) => setFind(e.target.value)}
            />
          ) : null}
          {manage ? (
            <div className={style.offer}>
              <Checkbox
                checked={all}
                indeterminate={picked.length > 0 && !all}
                onChange={() => setChosen(all ? new Set() : new Set(found.map((o) => o.group)))}
              >
                {t("offers.all", { count: found.length })}
              </Checkbox>
            </div>
          ) : null}
          <ul>
            {shown.map((o) => {
              const name = o.name || o.group;
              const facts = [
                o.members > 0
                  ? t("offers.members", { count: o.members, n: w.exact(o.members) })
                  : t("offers.membersUnknown"),
                o.heard > 0 ? t("offers.heard", { count: o.heard, n: w.count(o.heard) }) : "",
                o.seen_at > 0 ? w.when(o.seen_at, zone) : "",
              ].filter(Boolean);
              return (
                <li key={o.group} className={style.offer}>
                  {manage ? (
                    <Checkbox checked={chosen.has(o.group)} onChange={() => toggle(o.group)}>
                      {name}
                    </Checkbox>
                  ) : (
                    <span>{name}</span>
                  )}
                  <span className={style.faint}>{facts.join(" · ")}</span>
                </li>
              );
            })}
          </ul>
          {found.length > perPage ? (
            <Pager
              words={t("offers.page", {
                from: at * perPage + 1,
                to: at * perPage + shown.length,
                of: w.exact(found.length),
              })}
              onBack={at > 0 ? () => setPage(at - 1) : undefined}
              onNext={(at + 1) * perPage < found.length ? () => setPage(at + 1) : undefined}
            />
          ) : null}
          {manage ? (
            <div className={style.links}>
              <Button
                type="primary"
                disabled={picked.length === 0}
                loading={take.isPending}
                onClick={() => take.mutate(picked.map((o) => o.group))}
              >
                {picked.length > 0 ? t("offers.adopt", { count: picked.length }) : t("offers.adoptNone")}
              </Button>
            </div>
          ) : null}
        </>
      ) : null}
    </Panel>
  );
}

/** Whether groups that turn up later are adopted by themselves. */
function AdoptAll({ connection: c }: { connection: Connection }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const save = useMutation({
    mutationFn: (adopt_all: boolean) => saveConnection(community, c.name, { ...inputOf(c), adopt_all }),
    onSettled: () => client.invalidateQueries({ queryKey: ["connections"] }),
  });
  if (c.version === 0) return null;
  return (
    <span className={style.switch}>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <label htmlFor={id}>{t("offers.also")}</label>
      <Switch id={id} checked={c.adopt_all} loading={save.isPending} onChange={(on) => save.mutate(on)} />
    </span>
  );
}
