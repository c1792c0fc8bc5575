import type { Import, ImportChange } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Select } from "antd";
import { useId } from "react";
import { GapMark } from "../../parts/DataLevel.tsx";
import { MessageLine } from "../../parts/MessageLine.tsx";
import { changeImport, oneImport } from "../../queries.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed } from "../../ui/states.tsx";
import { dayOf } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import { ColumnMap } from "./ColumnMap.tsx";
import style from "./Imports.module.css";
import { Refused } from "./Refused.tsx";

interface Props {
  import: Import;
  onStart: () => void;
  starting: boolean;
}

/** What is in the file, before anything is written. */
export function Preview({ import: i, onStart, starting }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (part: ImportChange) => changeImport(community, i.id, part),
    onSuccess: (answer) => client.setQueryData(oneImport(community, i.id).queryKey, answer),
  });
  const p = i.preview;
  const only = p?.groups.length === 1 ? p.groups[0] : undefined;
  const existing = useGroupChoices(only?.group);
  const ids = { group: useId(), zone: useId() };
  if (!p) return <Empty title={t("import.reading")} />;
  const rows = p.groups.reduce((sum, g) => sum + g.rows, 0);
  const unmapped = (p.columns?.length ?? 0) > 0;

  return (
    <>
      {unmapped ? (
        <ColumnMap
          columns={p.columns ?? []}
          map={p.map ?? ""}
          pending={change.isPending}
          onChange={(map) => change.mutate({ map })}
        />
      ) : null}
      {change.error ? <Failed trouble={asProblem(change.error)} /> : null}
      {unmapped && p.groups.length === 0 ? null : (
        <>
          <Panel
            title={t("preview.title")}
            note={t("preview.note", {
              format: t(`preview.format.${i.format}` as "preview.format.csv", { defaultValue: i.format }),
            })}
          >
            {p.groups.length === 0 ? (
              <Empty title={t("preview.nothing")}>{t("preview.nothingTeach")}</Empty>
            ) : (
              <div className={style.scroll}>
                <table className={style.table}>
                  <thead>
                    <tr>
                      <th scope="col">{t("preview.group")}</th>
                      <th scope="col" className={style.number}>
                        {t("preview.messages")}
                      </th>
                      <th scope="col" className={style.number}>
                        {t("preview.people")}
                      </th>
                      <th scope="col">{t("preview.period")}</th>
                      <th scope="col">{t("preview.gaps")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {p.groups.map((g) => (
                      <tr key={g.name}>
                        <th scope="row">
                          {g.name || t("preview.nameless")}{" "}
                          <span className={style.faint}>{t(g.group > 0 ? "preview.known" : "preview.new")}</span>
                        </th>
                        <td className={style.number}>{w.exact(g.messages)}</td>
                        <td className={style.number}>{w.exact(g.people)}</td>
                        <td>{g.from ? w.days(dayOf(g.from, zone), dayOf(g.to, zone)) : "—"}</td>
                        <td>{g.gaps.length > 0 ? <GapMark gaps={g.gaps} /> : t("gap.none")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            {p.last_row || p.last_row_taken ? (
              <div className={style.lastRow}>
                <p>{t("preview.lastRow")}</p>
                {p.last_row ? <p className={style.row}>{p.last_row}</p> : null}
                <Checkbox
                  checked={(change.isPending ? change.variables.last_row : undefined) ?? p.last_row_taken === true}
                  disabled={change.isPending}
                  onChange={(e) => change.mutate({ last_row: e.target.checked })}
                >
                  {t("preview.lastRowWhole")}
                </Checkbox>
              </div>
            ) : null}
            {p.rejects > 0 ? (
              <>
                <p className={style.faint}>{t("preview.rejects", { count: p.rejects, n: w.exact(p.rejects) })}</p>
                <Refused list={p.refused} files={new Set(p.refused.map((r) => r.file)).size > 1} shown={p.last_row} />
              </>
            ) : null}
          </Panel>

          <Panel title={t("preview.where")}>
            <div className={style.fields}>
              {only ? (
                <div className={style.field}>
                  <label htmlFor={ids.group}>{t("preview.target")}</label>
                  <Select
                    id={ids.group}
                    aria-label={t("preview.target")}
                    showSearch={existing.showSearch}
                    value={only.group}
                    loading={change.isPending}
                    onChange={(group) => {
                      existing.forget();
                      change.mutate({ group });
                    }}
                    options={[
                      { value: 0, label: t("preview.newGroup", { name: only.name || i.file }) },
                      ...existing.options,
                    ]}
                  />
                </div>
              ) : null}
              <div className={style.field}>
                <label htmlFor={ids.zone}>{t("preview.zone")}</label>
                <Select
                  id={ids.zone}
                  aria-label={t("preview.zone")}
                  showSearch
                  placeholder={zone}
                  loading={change.isPending}
                  onChange={(z: string) => change.mutate({ zone: z })}
                  options={Intl.supportedValuesOf("timeZone").map((z) => ({ value: z, label: z }))}
                />
              </div>
            </div>
          </Panel>
        </>
      )}
      {p.sample.length > 0 ? (
        <Panel title={t("preview.sample")} note={t("preview.sampleNote")}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key */}
          <section className={style.sample} tabIndex={0} aria-label={t("preview.sample")}>
            {p.sample.map((m, n) => (
              <MessageLine key={n} message={{ ...m, zone }} />
            ))}
          </section>
        </Panel>
      ) : null}

      {rows > 0 ? (
        <div className={style.bottom}>
          <Button type="primary" size="large" onClick={onStart} loading={starting} disabled={change.isPending}>
            {t("preview.start", { count: rows, n: w.exact(rows) })}
          </Button>
          <span className={style.faint}>{t("preview.safe")}</span>
        </div>
      ) : null}
    </>
  );
}
