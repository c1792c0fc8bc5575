import { Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import style from "./PeriodPicker.module.css";
import { type Length, lengths, type PeriodSearch, usual } from "./period.ts";

// The calendar is large and few need it.
const RangePicker = lazy(() => import("./RangePicker.tsx"));

interface Props {
  value: PeriodSearch;
  span: { from: string; to: string };
  onChange: (value: PeriodSearch) => void;
  /** Without it only lengths can be chosen. */
  custom?: boolean;
}

/** 7 / 30 / 90 / 365 days, or any two days. */
export function PeriodPicker({ value, span, onChange, custom = true }: Props) {
  const { t } = useTranslation();
  const own = Boolean(value.from);
  const [open, setOpen] = useState(own);
  return (
    <div className={style.picker}>
      <Segmented<Length | "custom">
        aria-label={t("period.label")}
        value={own || open ? "custom" : (value.days ?? usual)}
        onChange={(chosen) => {
          if (chosen === "custom") return setOpen(true);
          setOpen(false);
          onChange({ days: chosen === usual ? undefined : chosen });
        }}
        options={[
          ...lengths.map((days) => ({ value: days, label: t("period.days", { count: days }) })),
          ...(custom ? [{ value: "custom" as const, label: t("period.custom") }] : []),
        ]}
      />
      {own || open ? (
        <Suspense fallback={<span className={style.wait} />}>
          <RangePicker span={span} onChange={onChange} />
        </Suspense>
      ) : null}
    </div>
  );
}
