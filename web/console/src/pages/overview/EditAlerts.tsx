import { Fragment, type ReactNode } from "react";
import { useWords } from "../../words/useWords.ts";
import { alertNumbers, alertSwitches, type Count, type Draft, type Field, type Switched } from "./edit.ts";

interface Props {
  draft: Draft;
  how: (field: Field, mode: Switched, all: readonly Switched[], set: (m: Switched) => void) => ReactNode;
  count: (n: Count, field: Field) => ReactNode;
  onChange: (part: Partial<Draft>) => void;
}

/** When something counts as wrong in many groups, and who is told. */
export function AlertFields({ draft: d, how, count, onChange }: Props) {
  const { t } = useWords();
  return (
    <>
      {alertNumbers.map((n) => count(n, `alerts.${n}`))}
      {alertSwitches.map((s) => (
        <Fragment key={s}>
          <dt>{t(`edits.field.alerts.${s}`)}</dt>
          <dd>
            {how(`alerts.${s}`, d.alerts[s], ["keep", "on", "off", "inherit"], (m) =>
              onChange({ alerts: { ...d.alerts, [s]: m } }),
            )}
          </dd>
        </Fragment>
      ))}
    </>
  );
}
