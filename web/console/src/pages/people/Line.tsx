import type { PersonLine } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./People.module.css";

/** A person in a list: names, groups, how much they wrote. */
export function Line({ person: p }: { person: PersonLine }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  return (
    <div className={style.line}>
      <div className={style.words}>
        <Link to="/people/$person" params={{ person: p.id }} className={style.name}>
          {p.name || `#${p.id}`}
        </Link>{" "}
        {p.staff ? <span className={style.tag}>{t("people.staff")}</span> : null}
        {p.tags.map((tag) => (
          <span key={tag} className={style.tag}>
            {tag}
          </span>
        ))}
        <p className={style.faint}>
          {p.earlier.length > 0 ? `${t("people.earlier", { names: p.earlier.join(t("people.comma")) })} · ` : null}
          {t("people.inGroups", { count: p.groups, names: p.some.join(t("people.comma")) })}
        </p>
      </div>
      <p className={`${style.faint} ${style.numbers}`}>
        {t("people.messages", { count: p.messages, n: w.count(p.messages) })} ·{" "}
        {p.spoke_at ? t("people.spoke", { when: w.when(p.spoke_at, zone) }) : t("people.neverSpoke")}
      </p>
    </div>
  );
}
