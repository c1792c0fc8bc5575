import { useWords } from "../../words/useWords.ts";

export function WizardPage() {
  const { t } = useWords();
  return <h1>{t("nav.connections")}</h1>;
}
