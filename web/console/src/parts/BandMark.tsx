import { useTranslation } from "react-i18next";
import style from "./BandMark.module.css";

interface Props {
  band: "alert" | "watch" | "good" | "excellent" | undefined;
}

// A band is told by a shape and a word besides its colour.
const shapes = { alert: "▼", watch: "▽", good: "○", excellent: "▲" } as const;

/** How a value is to be read. */
export function BandMark({ band }: Props) {
  const { t } = useTranslation();
  if (!band) return <span className={style.unknown}>{t("band.unknown")}</span>;
  return (
    <span className={style[band]}>
      <span aria-hidden="true">{shapes[band]} </span>
      {t(`band.${band}`)}
    </span>
  );
}
