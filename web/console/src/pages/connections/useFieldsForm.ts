import type { Driver } from "@qunying/api/model";
import { asProblem, type Problem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { testConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import type { Trouble } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { blamed, configOf, fileFault, fileTaken, missing, type Values } from "./fields.ts";

/**
 * What a form of a driver's fields does besides being filled in: it looks for what
 * is missing, tests, and points at the field that the server refused.
 */
export function useFieldsForm(driver: Driver, values: Values, name?: string, kept?: Record<string, unknown>) {
  const { t } = useWords();
  const { community } = useHere();
  const [looked, setLooked] = useState(false);
  const test = useMutation({
    mutationFn: () =>
      testConnection(community, { driver: driver.name, config: configOf(driver, values), ...(name ? { name } : {}) }),
  });
  const empty = missing(driver, values, kept);
  const spoilt = driver.fields.find((f) => f.kind === "file" && fileFault(String(values[f.name] ?? "")));
  const complete = () => {
    setLooked(true);
    return empty.length === 0 && spoilt === undefined;
  };
  const refused = (problem: Problem | undefined): Record<string, string> => {
    const wrong = Object.fromEntries(looked ? empty.map((f) => [f, t("connect.needed")]) : []);
    const field = problem && blamed(driver, problem.message);
    if (field && !wrong[field]) wrong[field] = t(fileTaken(driver, problem) ? "connect.file.taken" : "connect.refused");
    return wrong;
  };
  return {
    test,
    /** Whether everything is there that has to be; points at what is not. */
    complete,
    /** Why nothing was saved. */
    trouble: (problem: Problem): Trouble =>
      fileTaken(driver, problem)
        ? { code: "", message: t("connect.file.taken"), hint: t("connect.file.takenHint") }
        : problem,
    /** By field, what is wrong with it. */
    wrong: (failure: unknown) => {
      const settings = test.data?.findings.find((f) => f.check === "settings" && !f.ok);
      return refused(
        failure ? asProblem(failure) : settings?.detail ? asProblem(new Error(settings.detail)) : undefined,
      );
    },
  };
}
