import { DatePicker } from "antd";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useTranslation } from "react-i18next";

interface Props {
  from: string | undefined;
  to: string | undefined;
  onChange: (from: string | undefined, to: string | undefined) => void;
}

const written = "YYYY-MM-DD";

/** Two days, or none. */
export default function OpenRange({ from, to, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <DatePicker.RangePicker
      allowClear
      aria-label={t("messages.period")}
      value={from && to ? [dayjs(from), dayjs(to)] : null}
      onChange={(days) => onChange(days?.[0]?.format(written), days?.[1]?.format(written))}
    />
  );
}
