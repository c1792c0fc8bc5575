import { Select } from "antd";
import style from "./Clock.module.css";

interface ClockProps {
  label: string;
  value: string;
  fixed: boolean;
  onChange: (clock: string) => void;
}

const halfHours = Array.from({ length: 48 }, (_, i) => `${String(i >> 1).padStart(2, "0")}:${i % 2 ? "30" : "00"}`);

/** A time of day. The browser's own field would write 11:00 PM in some languages. */
export function Clock({ label, value, fixed, onChange }: ClockProps) {
  const clocks = value === "" || halfHours.includes(value) ? halfHours : [value, ...halfHours];
  return (
    <Select
      className={style.clock}
      aria-label={label}
      showSearch
      disabled={fixed}
      value={value}
      onChange={onChange}
      options={clocks.map((c) => ({ value: c, label: c }))}
    />
  );
}
