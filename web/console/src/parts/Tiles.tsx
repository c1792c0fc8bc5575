import type { Metric, Num } from "@qunying/api/model";
import { type CSSProperties, useState } from "react";
import { useTranslation } from "react-i18next";
import { NumberTile } from "./NumberTile.tsx";
import style from "./Tiles.module.css";

interface Props {
  numbers: Num[];
  metrics: Metric[];
  label: string;
  coverage?: string;
  period?: string;
  /** The metrics that are seen at once, in this order; without it all are. */
  first?: string[];
  /** Opens what is behind a number. */
  onOpen?: (n: Num) => void;
}

/** Numbers side by side, parted by hairlines. */
export function Tiles({ numbers, metrics, label, coverage, period, first, onOpen }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const led = first?.flatMap((id) => numbers.filter((n) => n.metric === id)) ?? [];
  const rest = numbers.filter((n) => !led.includes(n));
  const shown = open || !first ? [...led, ...rest] : led;
  return (
    <section aria-label={label}>
      <div className={style.tiles} style={{ "--columns": columns(shown.length) } as CSSProperties}>
        {shown.map((n) => (
          <NumberTile
            key={n.metric}
            number={n}
            metric={metrics.find((m) => m.id === n.metric)}
            coverage={coverage}
            period={period}
            onOpen={onOpen ? () => onOpen(n) : undefined}
          />
        ))}
      </div>
      {first && rest.length > 0 ? (
        <button type="button" className={`plain ${style.more}`} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t("number.fewer") : t("number.all", { n: numbers.length })}
        </button>
      ) : null}
    </section>
  );
}

/** As many columns as leave the fewest places empty. */
function columns(tiles: number): number {
  if (tiles <= 6) return Math.max(3, tiles);
  const empty = (c: number) => (c - (tiles % c)) % c;
  return [6, 5, 4].reduce((best, c) => (empty(c) < empty(best) ? c : best));
}
