import { Switch } from "antd";
import type { ReactNode } from "react";
import style from "./WeCom.module.css";

interface FieldProps {
  id: string;
  label: string;
  help?: string;
  wrong?: string;
  children: ReactNode;
}

/** A labelled value with what to know about it, or what is wrong with it. */
export function Field({ id, label, help, wrong, children }: FieldProps) {
  return (
    <div className={style.field}>
      <label htmlFor={id}>{label}</label>
      {children}
      {wrong || help ? <p className={wrong ? style.wrong : style.faint}>{wrong || help}</p> : null}
    </div>
  );
}

interface ToggleProps {
  id: string;
  label: string;
  help?: string;
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** Something that is on or off. */
export function Toggle({ id, label, help, on, disabled, onChange }: ToggleProps) {
  return (
    <div className={style.toggle}>
      <div>
        <label htmlFor={id}>{label}</label>
        {help ? <p className={style.faint}>{help}</p> : null}
      </div>
      <Switch id={id} checked={on} disabled={disabled ?? false} onChange={onChange} />
    </div>
  );
}
