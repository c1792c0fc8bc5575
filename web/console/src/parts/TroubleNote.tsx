import type { OutboxEntry } from "@qunying/api/model";
import { useWords } from "../words/useWords.ts";
import style from "./TroubleNote.module.css";
import { useTrouble } from "./trouble.ts";

/** What went wrong with an action, what to do, and what the platform itself said. */
export function TroubleNote({ entry }: { entry: OutboxEntry }) {
  const { t } = useWords();
  const trouble = useTrouble()(entry);
  if (!trouble) return null;
  return (
    <div className={style.trouble}>
      <p>{trouble.why}</p>
      {trouble.said ? (
        <p className={style.said}>
          {t("wrong.said")} <q>{trouble.said}</q>
        </p>
      ) : null}
    </div>
  );
}
