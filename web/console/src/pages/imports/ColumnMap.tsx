import { Button, Select } from "antd";
import { useId, useState } from "react";
import { Panel } from "../../ui/Panel.tsx";
import { useWords } from "../../words/useWords.ts";
import { type Mapped, parseMap, roles, writeMap } from "./columnMap.ts";
import style from "./Imports.module.css";

interface Props {
  columns: string[];
  map: string;
  pending: boolean;
  onChange: (map: string) => void;
}

/** Says which column of a table is what. */
export function ColumnMap({ columns, map, pending, onChange }: Props) {
  const { t } = useWords();
  const [chosen, setChosen] = useState<Mapped>(() => parseMap(map));
  const id = useId();
  const complete = chosen.time && chosen.sender && chosen.text;
  return (
    <Panel title={t("columns.title")} note={t("columns.teach")}>
      <div className={style.fields}>
        {roles.map((role) => (
          <div key={role} className={style.field}>
            <label htmlFor={id + role}>{t(`columns.${role}`)}</label>
            <Select
              id={id + role}
              aria-label={t(`columns.${role}`)}
              placeholder={t("columns.choose")}
              value={chosen[role]}
              onChange={(column) => setChosen({ ...chosen, [role]: column })}
              options={columns.map((c) => ({ value: c, label: c }))}
            />
          </div>
        ))}
      </div>
      <div className={style.links}>
        <Button type="primary" disabled={!complete} loading={pending} onClick={() => onChange(writeMap(chosen))}>
          {t("columns.apply")}
        </Button>
      </div>
    </Panel>
  );
}
