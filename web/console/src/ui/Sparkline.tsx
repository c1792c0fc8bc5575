import { useId } from "react";
import style from "./Sparkline.module.css";
import { dots, gapRuns, lines } from "./sparkline.ts";

interface Props {
  values: (number | null)[];
  /** What is seen, in a sentence: the drawing itself says nothing to a screen reader. */
  label: string;
  height?: number;
  /** The newest days without a value are not missing, only not told yet. */
  open?: boolean;
}

const width = 240;

/** A small line over days. Days in a gap are hatched and the line breaks there. */
export function Sparkline({ values, label, height = 40, open = false }: Props) {
  const id = useId();
  const box = { width, height, count: values.length, top: Math.max(1, ...values.map((v) => v ?? 0)) };
  return (
    <svg
      className={style.spark}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={{ height }}
    >
      <title>{label}</title>
      <defs>
        <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" y1="0" x2="0" y2="5" className={style.stripe} />
        </pattern>
      </defs>
      {gapRuns(values, open).map(({ from, to }) => (
        <rect
          key={from}
          x={(from / box.count) * width}
          width={((to - from + 1) / box.count) * width}
          y={0}
          height={height}
          fill={`url(#${id})`}
        />
      ))}
      {lines(values, box).map(({ line, area }) => (
        <g key={line}>
          <path d={area} className={style.area} />
          <path d={line} className={style.line} />
        </g>
      ))}
      {dots(values, box).map(([x, y]) => (
        <path key={x} d={`M${x - 0.01},${y}h0.02`} className={style.dot} />
      ))}
      <path d={`M0,${height - 0.5}H${width}`} className={style.floor} />
    </svg>
  );
}
