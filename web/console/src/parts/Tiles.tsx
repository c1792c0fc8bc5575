import type { Metric, Num } from "@qunying/api/model";
import { NumberTile } from "./NumberTile.tsx";
import style from "./Tiles.module.css";

interface Props {
  numbers: Num[];
  metrics: Metric[];
  label: string;
  coverage?: string;
  period?: string;
}

/** Numbers side by side, parted by hairlines. */
export function Tiles({ numbers, metrics, label, coverage, period }: Props) {
  return (
    <section className={style.tiles} aria-label={label}>
      {numbers.map((n) => (
        <NumberTile
          key={n.metric}
          number={n}
          metric={metrics.find((m) => m.id === n.metric)}
          coverage={coverage}
          period={period}
        />
      ))}
    </section>
  );
}
