import type { FieldChange, GroupEditPreview, Source } from "@qunying/api/model";
import type { GroupKind } from "../../queries/profile.ts";
import { useWords } from "../../words/useWords.ts";
import bulk from "./BulkSheet.module.css";
import style from "./EditSheet.module.css";
import { clockOf, type Field } from "./edit.ts";

interface Props {
  preview: GroupEditPreview;
  staff: { id: number; name: string }[];
}

const shown = 100; // groups; the rest is counted

/** What an edit would change, group by group: from what and whose, to what. */
export function EditPreview({ preview, staff }: Props) {
  const { t } = useWords();
  const changed = preview.groups.filter((g) => g.changes.length > 0);
  const same = preview.groups.length - changed.length;
  return (
    <section className={bulk.outlook} aria-label={t("edits.preview")}>
      <h3>{t("edits.preview")}</h3>
      <p role="status">
        {t("edits.sum", { count: changed.length })}
        {same > 0 ? ` · ${t("edits.same", { count: same })}` : null}
      </p>
      <ul className={style.groups}>
        {changed.slice(0, shown).map((g) => (
          <li key={g.group}>
            {g.name}
            {g.changes.map((c) => (
              <Change key={c.field} change={c} staff={staff} />
            ))}
          </li>
        ))}
      </ul>
      {changed.length > shown ? (
        <p className={bulk.teach}>{t("edits.more", { count: changed.length - shown })}</p>
      ) : null}
    </section>
  );
}

function Change({ change: c, staff }: { change: FieldChange; staff: Props["staff"] }) {
  const { t } = useWords();
  const said = (json: string): string => {
    const value: unknown = json === "" ? "" : JSON.parse(json);
    if (c.field.startsWith("keeper."))
      return value ? (staff.find((s) => s.id === value)?.name ?? `#${String(value)}`) : t("edits.none");
    if (c.field === "profile.type") return value ? t(`profile.kind.${value as GroupKind}`) : t("profile.untyped");
    if (c.field === "waiting.from" || c.field === "waiting.to") return clockOf(Number(value));
    if (typeof value === "boolean") return t(value ? "edits.yes" : "edits.no");
    return value === "" ? t("edits.empty") : String(value);
  };
  const whose = (s: Source) => (s.level === "set" ? t("inherit.set", { name: s.name ?? "" }) : t(`inherit.${s.level}`));
  return (
    <span className={style.change}>
      <span>{t(`edits.field.${c.field as Field}`)}</span>
      <span>
        {said(c.before)} ({whose(c.from)}) → {said(c.after)} ({whose(c.to)})
      </span>
    </span>
  );
}
