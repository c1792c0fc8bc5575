import type { MeasuredShare, MeasuredTimes } from "@qunying/api/model";
import { Popover } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../words/useWords.ts";
import style from "./Measures.module.css";

interface Explained {
  /** How it is computed, and its source. */
  formula: string;
  facts?: string[];
  children: ReactNode;
}

/** A number that says on hover, focus or touch how it came about. */
export function Explained({ formula, facts = [], children }: Explained) {
  return (
    <Popover
      trigger={["hover", "focus", "click"]}
      mouseEnterDelay={0.25}
      content={
        <div className={style.formula}>
          <p>{formula}</p>
          {facts.map((f) => (
            <p key={f}>{f}</p>
          ))}
        </div>
      }
    >
      <button type="button" className={`plain ${style.number} figures`}>
        {children}
      </button>
    </Popover>
  );
}

/** A share with what it rests on; permille writes it for a thousand. */
export function ShareOf({
  share: s,
  formula,
  permille,
}: {
  share: MeasuredShare;
  formula: string;
  permille?: boolean;
}) {
  const w = useWords();
  const { t } = w;
  const text = (x: number) => (permille ? t("measures.permille", { n: (x * 1000).toFixed(1) }) : w.percent(x));
  if (s.rate == null || s.low == null || s.high == null)
    return <Explained formula={formula}>{t("measures.unknown")}</Explained>;
  return (
    <Explained
      formula={formula}
      facts={[
        t("measures.ofN", { hits: w.exact(s.hits), of: w.exact(s.of) }),
        t("measures.interval", { low: text(s.low), high: text(s.high) }),
      ]}
    >
      {text(s.rate)}
      <span className={style.under}>
        {t("measures.between", { hits: w.exact(s.hits), of: w.exact(s.of), low: text(s.low), high: text(s.high) })}
      </span>
    </Explained>
  );
}

/** How long something took: the middle one, and what nine of ten did not take longer than. */
export function TimesOf({ times, formula }: { times: MeasuredTimes; formula: string }) {
  const w = useWords();
  const { t } = w;
  if (times.median == null || times.p90 == null)
    return <Explained formula={formula}>{t("measures.unknown")}</Explained>;
  return (
    <Explained formula={formula} facts={[t("measures.n", { n: w.exact(times.n) })]}>
      {brief(w, times.median)}
      <span className={style.under}>{t("measures.p90", { time: brief(w, times.p90), n: w.exact(times.n) })}</span>
    </Explained>
  );
}

function brief(w: ReturnType<typeof useWords>, seconds: number): string {
  return seconds < 10 ? w.t("measures.seconds", { n: seconds.toFixed(1) }) : w.lasting(Math.round(seconds));
}
