import { useWords } from "../../words/useWords.ts";

export function WebhooksPage() {
  const { t } = useWords();
  return <h1>{t("nav.webhooks")}</h1>;
}
