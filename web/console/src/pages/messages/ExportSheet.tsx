import type { SavedExport } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, Segmented } from "antd";
import { useState } from "react";
import {
  type ExportFilter,
  exportsOf,
  exportUrl,
  type Layout,
  layouts,
  saveExports,
  takeExport,
  type Way,
} from "../../queries/exports.ts";
import { person } from "../../queries.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./ExportSheet.module.css";

interface Props {
  filter: ExportFilter;
  onClose: () => void;
}

/** Taking messages out: once, or again and again what is new. */
export function ExportSheet({ filter, onClose }: Props) {
  const { t } = useWords();
  const said = useSaid(filter);
  const { community, may } = useHere();
  const [layout, setLayout] = useState<Layout>("csv");
  const [only, setOnly] = useState(false);
  const asked = only ? { ...filter, kinds: ["message.posted"] } : filter;
  return (
    <Sheet width={480} title={t("export.title")} onClose={onClose}>
      <div className={style.parts}>
        <section className={style.part}>
          <p>{said ? t("export.filtered", { what: said }) : t("export.everything")}</p>
          <Segmented<Layout>
            aria-label={t("export.layout")}
            value={layout}
            onChange={setLayout}
            options={(Object.keys(layouts) as Layout[]).map((l) => ({ value: l, label: t(`export.layouts.${l}`) }))}
          />
          <p className={style.faint}>{t(`export.teach.${layout}`)}</p>
          <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>
            {t("export.onlyMessages")}
          </Checkbox>
          <a href={exportUrl(community, layout, asked)} download className={style.take}>
            <Button type="primary" tabIndex={-1}>
              {t("export.take")}
            </Button>
          </a>
        </section>
        <Saved layout={layout} filter={asked} mayChange={may("export.manage")} />
      </div>
    </Sheet>
  );
}

/** A filter in words; nothing where everything is asked for. */
function useSaid(filter: ExportFilter): string {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { known } = useGroupChoices(filter.groups);
  const { data: who } = useQuery({ ...person(community, filter.person ?? 0), enabled: filter.person !== undefined });
  const { from, to } = filter;
  return [
    ...(filter.groups ?? []).map((g) => known.find((k) => k.id === g)?.name ?? `#${g}`),
    from && to
      ? w.days(from, to)
      : from
        ? t("export.since", { day: from })
        : to
          ? t("export.until", { day: to })
          : undefined,
    filter.person === undefined ? undefined : who?.name || `#${filter.person}`,
    filter.text ? `“${filter.text}”` : undefined,
    filter.content ? t(`content.${filter.content}`) : undefined,
    filter.kinds?.join() === "message.posted" ? t("export.messages") : filter.kinds?.join(", "),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Exports that remember how far they have come. */
function Saved({ layout, filter, mayChange }: { layout: Layout; filter: ExportFilter; mayChange: boolean }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(exportsOf(community));
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: (list: SavedExport[]) => saveExports(community, list, data?.version ?? 0),
    onSuccess: (answer) => {
      client.setQueryData(exportsOf(community).queryKey, answer);
      setName("");
    },
  });
  const list = data?.exports ?? [];
  const taken = list.some((s) => s.name === name.trim());
  const fits = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u.test(name.trim());
  return (
    <section className={style.part}>
      <h2 className={style.title}>{t("export.saved")}</h2>
      <p className={style.faint}>{t("export.savedTeach")}</p>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : list.length === 0 ? (
        <Empty title={t("export.none")}>{t("export.noneTeach")}</Empty>
      ) : (
        <ul className={style.list}>
          {list.map((s) => (
            <SavedLine
              key={s.name}
              saved={s}
              onRemove={mayChange ? () => save.mutate(list.filter((o) => o !== s)) : undefined}
            />
          ))}
        </ul>
      )}
      {save.error ? <Failed trouble={asProblem(save.error)} onRetry={() => void refetch()} /> : null}
      {mayChange && data ? (
        <div className={style.row}>
          <Input
            className={style.grow}
            value={name}
            maxLength={40}
            aria-label={t("export.name")}
            placeholder={t("export.name")}
            status={name.trim() && (taken || !fits) ? "error" : ""}
            onChange={(e) => setName(e.target.value)}
          />
          <Button
            disabled={!fits || taken}
            loading={save.isPending}
            onClick={() => save.mutate([...list, { name: name.trim(), layout, filter }])}
          >
            {t("export.save")}
          </Button>
        </div>
      ) : null}
      {name.trim() && taken ? <p className={style.faint}>{t("export.taken")}</p> : null}
      {name.trim() && !taken && !fits ? <p className={style.faint}>{t("export.badName")}</p> : null}
    </section>
  );
}

function SavedLine({ saved, onRemove }: { saved: SavedExport; onRemove: (() => void) | undefined }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const said = useSaid(saved.filter);
  const client = useQueryClient();
  const take = useMutation({
    mutationFn: (way: Way) => takeExport(community, saved, way),
    onSettled: () => client.invalidateQueries({ queryKey: exportsOf(community).queryKey }),
  });
  const act = (way: Way) => (
    <Button
      size="small"
      loading={take.isPending && take.variables === way}
      disabled={take.isPending}
      onClick={() => take.mutate(way)}
    >
      {t(`export.way.${way}`)}
    </Button>
  );
  return (
    <li className={style.line}>
      <div className={style.head}>
        <strong className={style.name}>{saved.name}</strong>
        <span className={style.faint}>
          {t(`export.layouts.${saved.layout}`)}
          {said ? ` · ${said}` : ""}
        </span>
      </div>
      <p className={style.faint} role="status">
        {saved.last
          ? t("export.last", {
              count: saved.last.rows,
              n: w.exact(saved.last.rows),
              when: w.when(saved.last.at, zone),
            })
          : t("export.never")}
      </p>
      <div className={style.row}>
        {act("new")}
        {saved.last ? act("again") : null}
        {saved.last ? act("all") : null}
        {onRemove ? (
          <Button size="small" type="text" danger onClick={onRemove}>
            {t("export.remove")}
          </Button>
        ) : null}
      </div>
      {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
    </li>
  );
}
