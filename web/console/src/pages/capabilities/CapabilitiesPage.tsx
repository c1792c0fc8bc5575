import { useWords } from "../../words/useWords.ts";

export function CapabilitiesPage() {
  const { t } = useWords();
  return <h1>{t("nav.capabilities")}</h1>;
}
