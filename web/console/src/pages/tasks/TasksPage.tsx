import { useWords } from "../../words/useWords.ts";

export function TasksPage() {
  const { t } = useWords();
  return <h1>{t("nav.tasks")}</h1>;
}
