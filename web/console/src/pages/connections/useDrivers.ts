import type { Driver } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { drivers } from "../../queries/connections.ts";
import { type DriverWords, driverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";

/** What can be connected, and how it is spoken of in the language in force. */
export function useDrivers() {
  const { lang } = useWords();
  const list = useQuery(drivers);
  const words = useQuery({
    queryKey: ["drivers", "words", lang],
    queryFn: () => driverWords(lang),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    list: words.data ? list.data : undefined,
    error: list.error ?? words.error,
    retry: () => void Promise.all([list.refetch(), words.refetch()]),
    driver: (name: string): Driver | undefined => list.data?.find((d) => d.name === name),
    words: (name: string): DriverWords => words.data?.[name] ?? { ...silent, title: name },
  };
}

const silent: DriverWords = {
  title: "",
  about: "",
  risk: "",
  fields: {},
  choices: {},
  checks: {},
  codes: {},
  checklist: [],
};
