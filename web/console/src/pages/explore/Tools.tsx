import type { QueryCoverage } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { App, Button } from "antd";
import { type Exported, type FileLayout, takeFile } from "../../queries/explore.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Explore.module.css";

/** Buttons that hand an answer over as a file, for those who may. */
export function TakeFile({ what }: { what: Exported }) {
  const { t, lang } = useWords();
  const { community, may } = useHere();
  const { message } = App.useApp();
  const take = useMutation({
    mutationFn: (layout: FileLayout) => takeFile(community, what, layout, lang),
    onError: (e) => void message.error(asProblem(e).message),
  });
  if (!may("export.run")) return null;
  return (
    <span className={style.row}>
      {(["xlsx", "csv"] as const).map((layout) => (
        <Button key={layout} size="small" disabled={take.isPending} onClick={() => take.mutate(layout)}>
          {t(`explore.take_${layout}`)}
        </Button>
      ))}
    </span>
  );
}

/** Which days an answer is of, and how much of them is known. */
export function ScopeNote({ period, coverage }: { period: { from: string; to: string }; coverage: QueryCoverage }) {
  const w = useWords();
  const { t } = w;
  return (
    <>
      {w.days(period.from, period.to)} ·{" "}
      {t("explore.coverage", { groups: w.exact(coverage.groups), covered: coverage.covered, days: coverage.days })}
      {coverage.gaps.length > 0 ? ` · ${t("explore.gaps", { n: coverage.gaps.length })}` : ""}
    </>
  );
}
