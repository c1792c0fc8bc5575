import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef } from "react";
import style from "./Chart.module.css";
import { init } from "./echarts.ts";

interface Props {
  option: EChartsCoreOption;
  /** What is seen, in a sentence. */
  label: string;
  height?: number;
}

/** A chart. It is drawn anew when its option changes, and follows the width of its place. */
export default function Chart({ option, label, height = 280 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const c = init(element, undefined, { renderer: "canvas" });
    chart.current = c;
    const watch = new ResizeObserver(() => c.resize());
    watch.observe(element);
    return () => {
      watch.disconnect();
      c.dispose();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);

  return <div ref={place} className={style.chart} style={{ height }} role="img" aria-label={label} />;
}
