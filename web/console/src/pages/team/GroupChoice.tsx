import { asProblem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useState } from "react";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Team.module.css";

interface ChoiceProps {
  id: string;
  chosen: number[];
  onChange: (groups: number[]) => void;
}

/** Chooses groups by name; none means all. */
export function GroupChoice({ id, chosen, onChange }: ChoiceProps) {
  const { t } = useWords();
  const choices = useGroupChoices(chosen);
  return (
    <div className={style.field}>
      <label htmlFor={id}>{t("team.groups")}</label>
      <Select<number[]>
        id={id}
        mode="multiple"
        aria-label={t("team.groups")}
        value={chosen}
        showSearch={choices.showSearch}
        loading={choices.isLoading}
        placeholder={t("team.allGroups")}
        onChange={(list) => {
          choices.forget();
          onChange(list);
        }}
        options={choices.options}
      />
      <p className={style.faint}>{t("team.groupsHelp")}</p>
    </div>
  );
}

interface SheetProps {
  name: string;
  groups: number[];
  onSave: (groups: number[]) => Promise<unknown>;
  onClose: () => void;
}

/** Limits somebody to groups. */
export function LimitSheet({ name, groups, onSave, onClose }: SheetProps) {
  const { t } = useWords();
  const [chosen, setChosen] = useState(groups);
  const save = useMutation({ mutationFn: () => onSave(chosen), onSuccess: onClose });
  return (
    <Sheet title={t("team.limitTitle", { name })} width={440} onClose={onClose}>
      <div className={style.form}>
        <GroupChoice id="limit-groups" chosen={chosen} onChange={setChosen} />
        {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
        <div className={style.acts}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
