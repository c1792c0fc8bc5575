import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { group, groups } from "../queries.ts";
import { useHere } from "./useHere.ts";

/** So many chosen groups that are not among the first are asked for their names. */
const mostNamed = 50;

interface Choice<V> {
  value: V;
  label: string;
}

/** What beside groups can be chosen, of which groups, and how they are told apart from it. */
interface Asked<V extends string | number> {
  others?: Choice<V>[];
  network?: string;
  value?: (group: number) => V;
}

/**
 * The groups to choose some from: those whose name holds what is typed, as an
 * answer carries no more than the first of many, and the chosen ones. For a Select,
 * which is told to forget what was typed when something was chosen.
 */
export function useGroupChoices<V extends string | number = number>(
  chosen: number | readonly number[] | undefined,
  { others = [], network, value = (g) => g as V }: Asked<V> = {},
) {
  const { community } = useHere();
  const [typed, setTyped] = useState("");
  const q = useDeferredValue(typed.trim());
  const { data, error, isLoading, refetch } = useQuery(
    groups(community, { sort: "name", days: 30, limit: 100, ...(q ? { q } : {}), ...(network ? { network } : {}) }),
  );
  const found = data?.groups ?? [];
  const absent = (typeof chosen === "number" ? [chosen] : (chosen ?? [])).filter(
    (g) => g > 0 && !found.some((f) => f.id === g),
  );
  const heads = useQueries({
    queries: absent.slice(0, mostNamed).map((g) => ({ ...group(community, g), enabled: data !== undefined })),
  }).flatMap((h) => h.data?.group ?? []);
  const known = [...heads, ...found];
  const named = (g: number) => ({ value: value(g), label: known.find((k) => k.id === g)?.name ?? `#${g}` });
  const options: Choice<V>[] = [
    ...others.filter((o) => o.label.toLowerCase().includes(q.toLowerCase())),
    ...(q || !data ? [] : absent.map(named)),
    ...found.map((g) => ({ value: value(g.id), label: g.name })),
  ];
  return {
    options,
    /** What is known of the groups that are offered or chosen. */
    known,
    error,
    isLoading,
    refetch,
    showSearch: { filterOption: false as const, onSearch: setTyped },
    forget: () => setTyped(""),
  };
}
