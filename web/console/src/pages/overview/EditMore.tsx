import { InputNumber, Select } from "antd";
import type { ReactNode } from "react";
import { Clock } from "../../parts/Clock.tsx";
import { groupKinds } from "../../queries/profile.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./EditSheet.module.css";
import type { Draft, Field, Mode } from "./edit.ts";

interface Props {
  draft: Draft;
  /** The choice of what is done about a field. */
  how: <M extends Mode | Draft["on"]>(field: Field, mode: M, all: readonly M[], set: (m: M) => void) => ReactNode;
  onChange: (part: Partial<Draft>) => void;
}

const modes: readonly Mode[] = ["keep", "set", "inherit"];

/** What many groups are, and how long their members may wait for an answer. */
export function MoreFields({ draft: d, how, onChange }: Props) {
  const { t } = useWords();
  const name = (field: Field) => t(`edits.field.${field}`);
  const hours = name("waiting.hours");
  return (
    <>
      <dt>{name("profile.type")}</dt>
      <dd>
        <Select
          aria-label={name("profile.type")}
          className={style.mode}
          value={d.type}
          onChange={(type: Draft["type"]) => onChange({ type })}
          options={[
            { value: "keep", label: t("edits.keep") },
            { value: "inherit", label: t("edits.inherit") },
            ...groupKinds.map((k) => ({ value: k, label: t(`profile.kind.${k}`) })),
          ]}
        />
      </dd>
      <dt>{name("waiting.on")}</dt>
      <dd>{how("waiting.on", d.waits, ["keep", "on", "off", "inherit"], (waits) => onChange({ waits }))}</dd>
      <dt>{name("waiting.minutes")}</dt>
      <dd>
        {how("waiting.minutes", d.patience, modes, (patience) => onChange({ patience }))}
        {d.patience === "set" ? (
          <InputNumber
            aria-label={name("waiting.minutes")}
            className={style.number ?? ""}
            min={1}
            max={1440}
            precision={0}
            value={d.minutes}
            onChange={(n) => (n ? onChange({ minutes: n }) : undefined)}
          />
        ) : null}
      </dd>
      <dt>{hours}</dt>
      <dd>
        {how("waiting.hours", d.hours, modes, (to) => onChange({ hours: to }))}
        {d.hours === "set" ? (
          <span className={style.pair}>
            <Clock label={hours} value={d.from} fixed={false} onChange={(from) => onChange({ from })} />–
            <Clock
              label={`${hours} ${t("waitingSet.to")}`}
              value={d.to}
              fixed={false}
              onChange={(to) => onChange({ to })}
            />
          </span>
        ) : null}
      </dd>
    </>
  );
}
