import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { group, groups } from "../queries.ts";
import { useHere } from "./useHere.ts";

/**
 * The groups to choose one from: those whose name holds what is typed, as an
 * answer carries no more than the first of many, and the chosen one.
 */
export function useGroupChoices(chosen: number | undefined) {
  const { community } = useHere();
  const [typed, setTyped] = useState("");
  const q = useDeferredValue(typed.trim());
  const { data } = useQuery(groups(community, { sort: "name", days: 30, limit: 100, ...(q ? { q } : {}) }));
  const { data: head } = useQuery({ ...group(community, chosen ?? 0), enabled: (chosen ?? 0) > 0 });
  const options = data?.groups.map((g) => ({ value: g.id, label: g.name })) ?? [];
  if (head && !q && !options.some((o) => o.value === head.group.id)) {
    options.unshift({ value: head.group.id, label: head.group.name });
  }
  return { options, showSearch: { filterOption: false as const, onSearch: setTyped }, forget: () => setTyped("") };
}
