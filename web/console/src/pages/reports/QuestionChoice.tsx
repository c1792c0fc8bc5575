import type { ReportQuestion } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { views } from "../../queries/explore.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import { questionsToAsk } from "./questions.ts";

interface Props {
  id?: string;
  className?: string;
  value?: ReportQuestion[];
  onChange?: (list: ReportQuestion[]) => void;
}

/** Which saved questions a report answers beside its own numbers. */
export function QuestionChoice({ id, className, value = [], onChange }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const { data } = useQuery(views(community));
  const all = questionsToAsk(data?.mine ?? [], data?.team ?? [], value);
  return (
    <Select
      id={id}
      className={className}
      mode="multiple"
      maxCount={10}
      aria-label={t("reports.questions")}
      placeholder={t("reports.questionsChoose")}
      notFoundContent={t("reports.questionsNone")}
      value={value.map((q) => q.name)}
      options={all.map((q) => ({ value: q.name, label: q.name }))}
      onChange={(names: string[]) => onChange?.(names.flatMap((n) => all.find((q) => q.name === n) ?? []))}
    />
  );
}
