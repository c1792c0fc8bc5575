import type { GroupCard, GroupSet } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { lazy, Suspense, useState } from "react";
import { groupSets, saveGroupSets } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./BulkBar.module.css";
import type { Choice } from "./useChoice.ts";

const BulkSheet = lazy(() => import("./BulkSheet.tsx"));
const EditSheet = lazy(() => import("./EditSheet.tsx"));

interface Props {
  choice: Choice;
  /** Those on the page now. */
  shown: GroupCard[];
  onEnd: () => void;
}

/** What can be done with the groups that are chosen. */
export function BulkBar({ choice, shown, onEnd }: Props) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const [open, setOpen] = useState<"" | "write" | "edit">("");
  const [name, setName] = useState<string | undefined>();
  const { data: sets } = useQuery(groupSets(community));
  const save = useMutation({
    mutationFn: (called: string) =>
      saveGroupSets(community, {
        version: sets?.version ?? 0,
        sets: withSet(sets?.sets ?? [], { name: called, groups: [...choice.ids].sort((a, b) => a - b) }),
      }),
    onSuccess: () => setName(undefined),
    onSettled: () => void client.invalidateQueries({ queryKey: ["settings", "sets"] }),
  });
  const count = choice.ids.size;
  return (
    <section className={style.bar} aria-label={t("bulk.choose")}>
      <strong role="status">{t("bulk.chosen", { count })}</strong>
      <Button size="small" onClick={() => choice.add(shown.map((g) => g.id))}>
        {t("bulk.page")}
      </Button>
      <Select
        size="small"
        className={style.sets}
        aria-label={t("bulk.set")}
        placeholder={t("bulk.set")}
        value={null}
        notFoundContent={t("bulk.noSets")}
        onChange={(called: string | null) => {
          const set = sets?.sets.find((s) => s.name === called);
          if (set) choice.add(set.groups);
        }}
        options={sets?.sets.map((s) => ({ value: s.name, label: s.name })) ?? []}
      />
      {may("manage") && count > 0 ? (
        name === undefined ? (
          <Button size="small" onClick={() => setName("")}>
            {t("bulk.save")}
          </Button>
        ) : (
          <form
            className={style.name}
            onSubmit={(e) => {
              e.preventDefault();
              if (name.trim()) save.mutate(name.trim());
            }}
          >
            <Input
              size="small"
              aria-label={t("bulk.saveName")}
              placeholder={t("bulk.saveName")}
              maxLength={60}
              value={name}
              onChange={(e) => setName(e.target.value)}
            />
            <Button size="small" htmlType="submit" loading={save.isPending} disabled={!name.trim()}>
              {t("action.save")}
            </Button>
          </form>
        )
      ) : null}
      <span className={style.end}>
        {may("manage") ? (
          <Button disabled={count === 0} onClick={() => setOpen("edit")}>
            {t("bulk.edit")}
          </Button>
        ) : null}
        <Button type="primary" disabled={count === 0} onClick={() => setOpen("write")}>
          {t("bulk.write")}
        </Button>
        <Button type="text" onClick={onEnd}>
          {t("bulk.leave")}
        </Button>
      </span>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {save.data && save.variables ? (
        <span className={style.saved} role="status">
          {t("bulk.saved", { name: save.variables })}
        </span>
      ) : null}
      {open ? (
        <Suspense fallback={null}>
          {open === "write" ? (
            <BulkSheet choice={choice} onClose={() => setOpen("")} onSent={onEnd} />
          ) : (
            <EditSheet groups={[...choice.ids].sort((a, b) => a - b)} onClose={() => setOpen("")} onDone={onEnd} />
          )}
        </Suspense>
      ) : null}
    </section>
  );
}

/** The sets with one of them new, or with other groups: its place, by which it counts, stays. */
function withSet(sets: GroupSet[], set: GroupSet): GroupSet[] {
  return sets.some((s) => s.name === set.name)
    ? sets.map((s) => (s.name === set.name ? { ...s, groups: set.groups } : s))
    : [...sets, set];
}
