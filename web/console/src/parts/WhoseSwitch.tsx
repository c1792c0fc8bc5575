import type { Whose } from "@qunying/api/model";
import { Segmented } from "antd";
import { useWords } from "../words/useWords.ts";

interface Props {
  /** Whose groups are shown, as the server settled it, and how many one keeps. */
  answer: { whose: Whose; kept: number } | undefined;
  asked: Whose | undefined;
  onChange: (whose: Whose) => void;
}

/** One's own groups or all: there where one keeps any. */
export function WhoseSwitch({ answer, asked, onChange }: Props) {
  const { t } = useWords();
  if (!answer || (answer.kept === 0 && !asked)) return null;
  return (
    <Segmented<Whose>
      aria-label={t("today.whose")}
      value={answer.whose}
      onChange={onChange}
      options={[
        { value: "mine", label: t("today.mine", { count: answer.kept }) },
        { value: "all", label: t("today.everyone") },
      ]}
    />
  );
}
