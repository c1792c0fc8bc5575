import type { GroupEditInput } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { Clock } from "../../parts/Clock.tsx";
import { editGroups, editUndoHours, previewEdit } from "../../queries/edits.ts";
import { colleagues } from "../../queries/sending.ts";
import { useUndo } from "../../shell/Undo.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import bulk from "./BulkSheet.module.css";
import { AlertFields } from "./EditAlerts.tsx";
import { MoreFields } from "./EditMore.tsx";
import { EditPreview } from "./EditPreview.tsx";
import style from "./EditSheet.module.css";
import { bounds, type Count, type Draft, editOf, type Field, type Mode, numbers, untouched, wrong } from "./edit.ts";

interface Props {
  groups: number[];
  onClose: () => void;
  onDone: () => void;
}

const modes: readonly Mode[] = ["keep", "set", "inherit"];

/** Changes settings of many groups: first what would change where, then the change. */
export default function EditSheet({ groups, onClose, onDone }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const offerUndo = useUndo();
  const [draft, setDraft] = useState<Draft>(untouched);
  const { data: staff } = useQuery(colleagues(community));
  const preview = useMutation({ mutationFn: (edit: GroupEditInput) => previewEdit(community, edit) });
  const save = useMutation({
    mutationFn: (edit: GroupEditInput) => editGroups(community, edit),
    onSuccess: (done) => {
      for (const part of ["settings", "group", "groups", "tasks", "attention", "outbox"])
        void client.invalidateQueries({ queryKey: [part] });
      offerUndo(done);
      onDone();
    },
  });
  const change = (part: Partial<Draft>) => {
    preview.reset();
    save.reset();
    setDraft((was) => ({ ...was, ...part }));
  };
  const edit = editOf(groups, draft);
  const mistakes = wrong(draft);
  const trouble = save.error ?? preview.error;
  return (
    <Sheet title={t("edits.title", { count: groups.length })} onClose={onClose} width={560}>
      <div className={bulk.form}>
        <p className={bulk.teach}>{t("edits.teach")}</p>
        <Fields draft={draft} mistakes={mistakes} staff={staff ?? []} onChange={change} />
        {preview.data ? <EditPreview preview={preview.data} staff={staff ?? []} /> : null}
        {trouble ? <Failed trouble={asProblem(trouble)} /> : null}
        <div className={bulk.foot}>
          {preview.data && edit ? (
            <Button
              type="primary"
              loading={save.isPending}
              disabled={preview.data.changed === 0}
              onClick={() => save.mutate({ ...edit, seen: preview.data.seen })}
            >
              {t("edits.do", { count: preview.data.changed })}
            </Button>
          ) : (
            <Button
              type="primary"
              loading={preview.isPending}
              disabled={!edit || mistakes.length > 0}
              onClick={() => edit && preview.mutate(edit)}
            >
              {t("edits.look")}
            </Button>
          )}
          <span className={bulk.teach}>{t("edits.time", { n: editUndoHours })}</span>
        </div>
      </div>
    </Sheet>
  );
}

interface FieldsProps {
  draft: Draft;
  mistakes: string[];
  staff: { id: number; name: string }[];
  onChange: (part: Partial<Draft>) => void;
}

/** One line for each setting: whether it is left, set or inherited again, and to what it is set. */
function Fields({ draft: d, mistakes, staff, onChange }: FieldsProps) {
  const { t } = useWords();
  const id = useId();
  const name = (field: Field) => t(`edits.field.${field}`);
  const how = <M extends Mode | Draft["paused"] | Draft["on"]>(
    field: Field,
    mode: M,
    all: readonly M[],
    set: (m: M) => void,
  ) => (
    <Select
      aria-label={t("edits.modeOf", { what: name(field) })}
      className={style.mode}
      value={mode}
      onChange={set}
      options={all.map((m) => ({ value: m, label: t(`edits.${m}`) }))}
    />
  );
  const who = (field: "keeper" | "backup") => (
    <Select
      aria-label={name(field === "keeper" ? "keeper.staff" : "keeper.backup")}
      className={style.mode}
      value={d[field] ?? -1}
      onChange={(v: number) => onChange({ [field]: v < 0 ? undefined : v })}
      options={[
        { value: -1, label: t("edits.keep") },
        { value: 0, label: t("edits.none") },
        ...staff.map((s) => ({ value: s.id, label: s.name })),
      ]}
    />
  );
  const count = (n: Count, field: Field) => (
    <Row key={n} name={name(field)}>
      {how(field, d.mode[n], modes, (m) => onChange({ mode: { ...d.mode, [n]: m } }))}
      {d.mode[n] === "set" ? (
        <Input
          aria-label={name(field)}
          className={style.number}
          type="number"
          inputMode="numeric"
          min={bounds[n].least}
          max={bounds[n].most}
          status={mistakes.includes(n) && d.typed[n] !== "" ? "error" : ""}
          value={d.typed[n]}
          onChange={(e) => onChange({ typed: { ...d.typed, [n]: e.target.value } })}
        />
      ) : null}
    </Row>
  );
  return (
    <dl className={style.fields}>
      <dt>{name("delivery.paused")}</dt>
      <dd>{how("delivery.paused", d.paused, ["keep", "pause", "resume"], (paused) => onChange({ paused }))}</dd>
      <dt>{name("delivery.quiet")}</dt>
      <dd>
        {how("delivery.quiet", d.quiet, modes, (quiet) => onChange({ quiet }))}
        {d.quiet === "set" ? (
          <span className={style.pair}>
            <Clock
              label={t("sending.quietFrom")}
              value={d.quietFrom}
              fixed={false}
              onChange={(quietFrom) => onChange({ quietFrom })}
            />
            –
            <Clock
              label={t("sending.quietTo")}
              value={d.quietTo}
              fixed={false}
              onChange={(quietTo) => onChange({ quietTo })}
            />
          </span>
        ) : null}
      </dd>
      {numbers.map((n) => count(n, `delivery.${n}`))}
      <dt>{name("welcome.on")}</dt>
      <dd>{how("welcome.on", d.on, ["keep", "on", "off", "inherit"], (on) => onChange({ on }))}</dd>
      <dt id={`${id}text`}>{name("welcome.text")}</dt>
      <dd>
        {how("welcome.text", d.text, modes, (text) => onChange({ text }))}
        {d.text === "set" ? (
          <Input.TextArea
            aria-labelledby={`${id}text`}
            value={d.words}
            onChange={(e) => onChange({ words: e.target.value })}
            autoSize={{ minRows: 3, maxRows: 10 }}
            maxLength={2000}
            placeholder={t("welcome.example")}
          />
        ) : null}
      </dd>
      <MoreFields draft={d} how={how} onChange={onChange} />
      <AlertFields draft={d} how={how} count={count} onChange={onChange} />
      <dt>{name("keeper.staff")}</dt>
      <dd>{who("keeper")}</dd>
      <dt>{name("keeper.backup")}</dt>
      <dd>{who("backup")}</dd>
    </dl>
  );
}

function Row({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
