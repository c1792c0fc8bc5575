import type { GroupZone } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { groupZone, saveGroupZone } from "../../queries/profile.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsDrawer.module.css";

/** In which zone the group's days are counted, and from which day on in another. */
export function ZoneForm({ group }: { group: number }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(groupZone(community, group));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={2} />;
  return <Form key={data.version} group={group} saved={data} />;
}

/** The day after one written 2006-01-02. */
function next(day: string, by: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + by);
  return at.toISOString().slice(0, 10);
}

function Form({ group, saved }: { group: number; saved: GroupZone }) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const ids = { zone: useId(), from: useId() };
  const [zone, setZone] = useState<string | undefined>();
  const soon = next(saved.today, 1);
  const [from, setFrom] = useState(next(saved.today, 2));
  const begun = saved.changes.slice(0, saved.begun);
  const planned = saved.changes.slice(saved.begun);
  const save = useMutation({
    mutationFn: (changes: { from: string; zone: string }[]) =>
      saveGroupZone(community, group, { changes, version: saved.version }),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["settings", "zone"] });
      void client.invalidateQueries({ queryKey: ["group", group] });
    },
  });
  const fixed = !may("manage");
  return (
    <div className={style.form}>
      <p className={style.teach}>{t("zoneSet.teach")}</p>
      <p>
        {t("zoneSet.now", { zone: saved.now })}
        {begun.length > 0 ? ` · ${t("zoneSet.since", { day: w.day(begun.at(-1)?.from ?? "") })}` : null}
      </p>
      {planned.map((c) => (
        <p key={c.from}>
          {t("zoneSet.planned", { day: w.day(c.from), zone: c.zone })}{" "}
          <Button size="small" disabled={fixed} loading={save.isPending} onClick={() => save.mutate(begun)}>
            {t("zoneSet.cancel")}
          </Button>
        </p>
      ))}
      {planned.length === 0 && !fixed ? (
        <>
          <div className={style.pair}>
            <label htmlFor={ids.zone}>{t("zoneSet.zone")}</label>
            <Select
              id={ids.zone}
              showSearch
              value={zone}
              placeholder={t("zoneSet.choose")}
              onChange={setZone}
              options={Intl.supportedValuesOf("timeZone").map((z) => ({ value: z, label: z }))}
            />
            <label htmlFor={ids.from}>{t("zoneSet.from")}</label>
            <Input id={ids.from} type="date" min={soon} value={from} onChange={(e) => setFrom(e.target.value)} />
          </div>
          <div className={style.foot}>
            <Button
              disabled={!zone || zone === saved.now || !from || from < soon}
              loading={save.isPending}
              onClick={() => zone && save.mutate([...begun, { from, zone }])}
            >
              {t("zoneSet.save")}
            </Button>
          </div>
        </>
      ) : null}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
    </div>
  );
}
