import type { BandCuts, BandReading, Bands, Metric } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Segmented, Switch } from "antd";
import { useId, useState } from "react";
import { BandMark } from "../../parts/BandMark.tsx";
import { bandOf } from "../../parts/bandOf.ts";
import { valueText } from "../../parts/NumberTile.tsx";
import { bands, groupTypes, health, healths, saveBands } from "../../queries/health.ts";
import type { Scope } from "../../queries/sending.ts";
import { metrics } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./BandsForm.module.css";

type Of = "any" | (typeof groupTypes)[number];
const limits = ["alert", "watch", "excellent"] as const;

/** Where bands change: in a group, a set of groups, by type, or everywhere. */
export function BandsForm({ scope }: { scope: Scope }) {
  const { t } = useWords();
  const { community } = useHere();
  const saved = useQuery(bands(community, scope));
  const { data: catalogue } = useQuery(metrics);
  // Which metrics there are, and which way is good, any group tells; its values count only for itself.
  const some = useQuery({ ...healths(community, { limit: 1 }), enabled: !scope.group });
  const from = scope.group ?? some.data?.groups[0]?.group;
  const of = useQuery({ ...health(community, from ?? 0), enabled: from !== undefined });
  const error = saved.error ?? some.error ?? of.error;
  if (error) return <Failed trouble={asProblem(error)} onRetry={() => void saved.refetch()} />;
  if (some.data && some.data.groups.length === 0) return <Empty title={t("bandsSet.none")} />;
  if (!saved.data || !of.data || !catalogue) return <Loading rows={4} />;
  return (
    <Form
      key={saved.data.bands.version}
      scope={scope}
      saved={saved.data.bands}
      force={saved.data.in_force}
      readings={of.data.readings}
      metrics={catalogue}
    />
  );
}

interface Props {
  scope: Scope;
  saved: Bands;
  force: Bands;
  readings: BandReading[];
  metrics: Metric[];
}

function Form({ scope, saved, force, readings, metrics: catalogue }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [typed, setTyped] = useState<Bands>(saved);
  const [of, setOf] = useState<Of>("any");
  const fixed = !may("manage");
  const whole = !scope.group && !scope.set;
  const cuts = (of === "any" ? typed.cuts : typed.types?.[of]) ?? {};
  const change = (metric: string, limit: (typeof limits)[number], value: number | undefined) => {
    const { [limit]: _, ...rest } = cuts[metric] ?? {};
    const now: BandCuts = value === undefined ? rest : { ...rest, [limit]: value };
    const { [metric]: __, ...others } = cuts;
    const all = Object.keys(now).length > 0 ? { ...others, [metric]: now } : others;
    setTyped((was) => (of === "any" ? { ...was, cuts: all } : { ...was, types: { ...was.types, [of]: all } }));
  };
  const save = useMutation({
    mutationFn: () => saveBands(community, scope, { ...typed, version: saved.version }),
    onSettled: () => {
      for (const part of ["settings", "group", "groups", "today"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  return (
    <div className={style.form}>
      <p className={style.teach}>{t("bandsSet.teach")}</p>
      {whole ? (
        <Segmented<Of>
          aria-label={t("profile.type")}
          value={of}
          onChange={setOf}
          options={(["any", ...groupTypes] as const).map((x) => ({ value: x, label: t(`bandsSet.type.${x}`) }))}
        />
      ) : null}
      <ul className={style.list}>
        {readings.map((r) => {
          const metric = catalogue.find((m) => m.id === r.metric);
          const name = metric ? (w.lang === "zh-CN" ? metric.zh : metric.en) : r.metric;
          const share = metric?.unit === "share";
          const would = bandOf(r.value, cuts[r.metric], r.better);
          return (
            <li key={r.metric} className={style.item}>
              <h3 id={`${id}-${r.metric}`}>{name}</h3>
              {scope.group ? (
                <p className={style.teach}>
                  {t("bandsSet.now", {
                    value: valueText(w, { metric: r.metric, value: r.value, before: null, partial: false }, metric),
                  })}{" "}
                  <BandMark band={r.band} />
                  {would && would !== r.band ? (
                    <>
                      {" → "}
                      <BandMark band={would} />
                    </>
                  ) : null}
                </p>
              ) : null}
              <div className={style.limits}>
                {limits.map((limit) => {
                  const mine = cuts[r.metric]?.[limit];
                  const above = of === "any" ? force.cuts?.[r.metric]?.[limit] : undefined;
                  const shown = (v: number | undefined) => (v === undefined ? "" : share ? +(v * 100).toFixed(4) : v);
                  return (
                    <label key={limit} htmlFor={`${id}-${r.metric}-${limit}`}>
                      <span>{t(`bandsSet.limit.${limit}.${r.better}`)}</span>
                      <Input
                        id={`${id}-${r.metric}-${limit}`}
                        type="number"
                        step="any"
                        suffix={share ? "%" : undefined}
                        aria-label={`${name} ${t(`band.${limit}`)}`}
                        value={shown(mine)}
                        placeholder={String(shown(above)) || t("bandsSet.self")}
                        disabled={fixed}
                        onChange={(e) =>
                          change(
                            r.metric,
                            limit,
                            e.target.value === "" ? undefined : Number(e.target.value) / (share ? 100 : 1),
                          )
                        }
                      />
                    </label>
                  );
                })}
              </div>
            </li>
          );
        })}
      </ul>
      <div className={style.switch}>
        <label htmlFor={`${id}-refs`}>{t("bandsSet.references")}</label>
        <Switch
          id={`${id}-refs`}
          checked={typed.references ?? force.references ?? false}
          disabled={fixed}
          onChange={(references) => setTyped((was) => ({ ...was, references }))}
        />
      </div>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div>
        <Button
          type="primary"
          aria-label={t("bandsSet.save")}
          loading={save.isPending}
          disabled={fixed || JSON.stringify(typed) === JSON.stringify(saved)}
          onClick={() => save.mutate()}
        >
          {t("action.save")}
        </Button>
      </div>
    </div>
  );
}
