import { useWords } from "../../words/useWords.ts";

export function OutboxPage() {
  const { t } = useWords();
  return <h1>{t("nav.outbox")}</h1>;
}
