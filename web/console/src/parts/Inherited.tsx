import type { Source } from "@qunying/api/model";
import { Button } from "antd";
import { useWords } from "../words/useWords.ts";
import style from "./Inherited.module.css";

interface Props {
  /** Whose the value is; undefined where nobody typed it. */
  from: Source | undefined;
  /** Set here: it can be given back to who it would be inherited from. */
  own: boolean;
  fixed: boolean;
  /** What is given back, for who cannot see where the button stands. */
  what: string;
  onReset: () => void;
}

/** Where a value comes from, and the way back to what would be inherited. */
export function Inherited({ from, own, fixed, what, onReset }: Props) {
  const { t } = useWords();
  return (
    <span className={style.line}>
      <span className={own ? `${style.from} ${style.own}` : style.from}>
        {from?.level === "group"
          ? t("inherit.group")
          : from?.level === "set"
            ? t("inherit.set", { name: from.name ?? "" })
            : from?.level === "community"
              ? t("inherit.community")
              : t("inherit.default")}
      </span>
      {own && !fixed ? (
        <Button type="link" size="small" aria-label={t("inherit.resetOf", { what })} onClick={onReset}>
          {t("inherit.reset")}
        </Button>
      ) : null}
    </span>
  );
}
