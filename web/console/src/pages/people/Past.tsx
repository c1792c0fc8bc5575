import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { past } from "../../queries/people.ts";
import { colleagues } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./People.module.css";

interface Props {
  person: number;
  /** Which line is being undone, by its number. */
  undoing: number | undefined;
  onUndo: (undo: number) => void;
}

/** Which merges and splits made a person, each to be undone. */
export function Past({ person, undoing, onUndo }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const { data, error, refetch } = useQuery(past(community, person));
  const { data: everybody } = useQuery(colleagues(community));
  return (
    <Panel title={t("people.past")} note={t("people.pastNote")}>
      {error && !data ? <Failed trouble={asProblem(error)} onRetry={() => void refetch()} /> : null}
      {data || error ? null : <Loading rows={2} />}
      {data?.length === 0 ? <p className={style.faint}>{t("people.noPast")}</p> : null}
      <ul>
        {(data ?? []).map((l) => (
          <li key={l.undo}>
            <div className={style.line}>
              <div className={style.words}>
                {t(l.joined ? "people.joinedTo" : "people.partedFrom", { names: l.names.join(" · "), other: l.other })}
                <p className={style.faint}>
                  {l.by ? `${everybody?.find((c) => c.id === l.by)?.name ?? `#${l.by}`} · ` : null}
                  {w.when(l.at, zone)}
                  {l.open ? null : ` · ${t("people.pastLater")}`}
                </p>
              </div>
              {may("act") && l.open ? (
                <Button
                  size="small"
                  loading={undoing === l.undo}
                  disabled={undoing !== undefined}
                  onClick={() => onUndo(l.undo)}
                >
                  {t("people.undo")}
                </Button>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
