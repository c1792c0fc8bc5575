import style from "./Copy.module.css";
import { CopyButton } from "./CopyButton.tsx";

/** A value to be taken elsewhere as it is. */
export function Copy({ value }: { value: string }) {
  return (
    <span className={style.copy}>
      <code className={style.value}>{value}</code>
      <CopyButton text={value} />
    </span>
  );
}
