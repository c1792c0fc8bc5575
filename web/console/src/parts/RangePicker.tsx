import { DatePicker } from "antd";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useTranslation } from "react-i18next";
import style from "./PeriodPicker.module.css";

interface Props {
  span: { from: string; to: string };
  onChange: (value: { from: string; to: string }) => void;
}

/** Two days on a calendar. */
export default function RangePicker({ span, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <DatePicker.RangePicker
      className={style.range}
      aria-label={t("period.custom")}
      allowClear={false}
      value={[dayjs(span.from), dayjs(span.to)]}
      onChange={(days) => {
        const [from, to] = days ?? [];
        if (from && to) onChange({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") });
      }}
    />
  );
}
