import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { groupSets, type Scope } from "../../queries/sending.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";

/** Whose settings are looked at, and a list to choose: all groups', a set's, a group's. */
export function useWhose(group: number | undefined) {
  const { t } = useWords();
  const { community } = useHere();
  const [whose, setWhose] = useState(group ? `group/${group}` : "all");
  const { data: sets } = useQuery(groupSets(community));
  const scope = scopeOf(whose);
  const choices = useGroupChoices(scope.group, {
    others: [
      { value: "all", label: t("order.allGroups") },
      ...(sets?.sets ?? []).map((s) => ({ value: `set/${s.id}`, label: t("order.setOf", { name: s.name }) })),
    ],
    value: (g) => `group/${g}`,
  });
  const chooser = (
    <Select
      aria-label={t("order.whose")}
      value={whose}
      onChange={(v) => {
        choices.forget();
        setWhose(v);
      }}
      popupMatchSelectWidth={false}
      showSearch={choices.showSearch}
      options={choices.options}
    />
  );
  /** The groups that are meant, none where all are. */
  const members = scope.group ? [scope.group] : (sets?.sets.find((s) => s.id === scope.set)?.groups ?? []);
  return { whose, scope, members, chooser };
}

const scopeOf = (whose: string): Scope => {
  const [kind, id] = whose.split("/");
  return kind === "group" ? { group: Number(id) } : kind === "set" ? { set: Number(id) } : {};
};
