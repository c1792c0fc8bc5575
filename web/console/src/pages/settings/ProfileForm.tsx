import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import type { Material, Profile, ProfileAnswer } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { Inherited } from "../../parts/Inherited.tsx";
import { type GroupKind, groupKinds, profile, saveProfile } from "../../queries/profile.ts";
import { levelOf, type Scope } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./ProfileForm.module.css";

const texts = ["goal", "direction", "value"] as const;
type Field = "type" | "material" | "founded" | (typeof texts)[number];
type Typed = Pick<Profile, Field>;

/** What groups are for: one group, the groups of a set, or all. */
export function ProfileForm({ scope }: { scope: Scope }) {
  const { community } = useHere();
  const { data, error, refetch } = useQuery(profile(community, scope));
  if (error && !data) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  return <Form key={data.profile.version} scope={scope} saved={data} />;
}

function Form({ scope, saved }: { scope: Scope; saved: ProfileAnswer }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const { version, ...own } = saved.profile;
  const [typed, setTyped] = useState<Typed>(own);
  const save = useMutation({
    mutationFn: () => saveProfile(community, scope, { ...typed, version }),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["settings", "profile"] });
      void client.invalidateQueries({ queryKey: ["groups"] });
      if (scope.group) void client.invalidateQueries({ queryKey: ["group", scope.group] });
    },
  });
  const level = levelOf(scope);
  const fixed = !may("manage");
  const above = (field: Field) => (saved.from[field]?.level === level ? undefined : saved.in_force[field]);
  const set = (part: Typed) => setTyped((was) => ({ ...was, ...part }));
  const reset = (field: Field) => setTyped(({ [field]: _, ...rest }) => rest);
  const head = (field: Field, name: string) => (
    <div className={style.above}>
      <label htmlFor={`${id}-${field}`}>{name}</label>
      <Inherited
        from={
          typed[field] !== undefined ? { level } : saved.from[field]?.level === level ? undefined : saved.from[field]
        }
        own={typed[field] !== undefined}
        fixed={fixed}
        what={name}
        onReset={() => reset(field)}
      />
    </div>
  );
  const kind = typed.type ?? (above("type") as GroupKind | undefined);
  const material = typed.material ?? (above("material") as Material[] | undefined) ?? [];
  const problem = save.error && asProblem(save.error);
  const right = material.every((m) => m.name.trim() !== "" && (!m.link || /^https?:\/\/[^\s/]+/.test(m.link)));
  return (
    <div className={style.form}>
      <div className={style.field}>
        {head("type", t("profile.type"))}
        <Select
          id={`${id}-type`}
          value={kind}
          disabled={fixed}
          placeholder={t("profile.untyped")}
          onChange={(type: GroupKind) => set({ type })}
          options={groupKinds.map((k) => ({ value: k, label: t(`profile.kind.${k}`) }))}
        />
        <p className={style.teach}>{kind ? t(`profile.kindTeach.${kind}`) : t("profile.typeTeach")}</p>
      </div>
      {scope.group ? (
        <div className={style.field}>
          {head("founded", t("profile.founded"))}
          <Input
            id={`${id}-founded`}
            type="date"
            min="1970-01-01"
            value={typed.founded ?? ""}
            disabled={fixed}
            onChange={(e) => (e.target.value ? set({ founded: e.target.value }) : reset("founded"))}
          />
          <p className={style.teach}>{t("profile.foundedTeach")}</p>
        </div>
      ) : null}
      {texts.map((field) => (
        <div key={field} className={style.field}>
          {head(field, t(`profile.${field}`))}
          <Input.TextArea
            id={`${id}-${field}`}
            value={typed[field] ?? (above(field) as string | undefined) ?? ""}
            disabled={fixed}
            maxLength={1000}
            autoSize={{ minRows: 2, maxRows: 8 }}
            placeholder={t(`profile.example.${field}`)}
            onChange={(e) => set({ [field]: e.target.value })}
          />
        </div>
      ))}
      <div className={style.field}>
        {head("material", t("profile.material"))}
        <MaterialList
          id={`${id}-material`}
          list={material}
          fixed={fixed}
          onChange={(list) => set({ material: list })}
        />
      </div>
      {problem ? (
        <Failed
          trouble={
            problem.code === "conflict"
              ? { code: "", message: t("welcome.conflict"), hint: t("welcome.conflictHint") }
              : problem
          }
        />
      ) : null}
      <div>
        <Button
          type="primary"
          aria-label={t("profile.save")}
          loading={save.isPending}
          disabled={fixed || !right || JSON.stringify(typed) === JSON.stringify(own)}
          onClick={() => save.mutate()}
        >
          {t("action.save")}
        </Button>
      </div>
    </div>
  );
}

interface ListProps {
  id: string;
  list: Material[];
  fixed: boolean;
  onChange: (list: Material[]) => void;
}

/** What only members get, line by line. */
function MaterialList({ id, list, fixed, onChange }: ListProps) {
  const { t } = useWords();
  const change = (i: number, part: Partial<Material>) =>
    onChange(list.map((m, at) => (at === i ? { ...m, ...part } : m)));
  return (
    <div className={style.list}>
      {list.map((m, i) => (
        <div key={i} className={style.line}>
          <Input
            id={i === 0 ? id : undefined}
            aria-label={t("profile.materialName")}
            placeholder={t("profile.materialName")}
            value={m.name}
            disabled={fixed}
            maxLength={200}
            onChange={(e) => change(i, { name: e.target.value })}
          />
          <Input
            aria-label={t("profile.materialLink")}
            placeholder={t("profile.linkExample")}
            value={m.link ?? ""}
            disabled={fixed}
            maxLength={2000}
            onChange={(e) => change(i, { link: e.target.value })}
          />
          <Button
            type="text"
            disabled={fixed}
            icon={<DeleteOutlined aria-hidden="true" />}
            aria-label={t("profile.materialRemove", { name: m.name })}
            onClick={() => onChange(list.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      {fixed ? null : (
        <Button
          id={list.length === 0 ? id : undefined}
          className={style.add}
          icon={<PlusOutlined aria-hidden="true" />}
          aria-label={t("profile.materialAdd")}
          disabled={list.length >= 30}
          onClick={() => onChange([...list, { name: "" }])}
        >
          {t("profile.materialAdd")}
        </Button>
      )}
    </div>
  );
}
