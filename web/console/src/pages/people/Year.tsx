import type { PersonYear } from "@qunying/api/model";
import { useLayoutEffect, useRef } from "react";
import { useWords } from "../../words/useWords.ts";
import style from "./People.module.css";

const day = 86_400_000; // milliseconds
const cell = 11;
const head = 12; // room for the months

const at = (d: string) => Date.parse(`${d}T00:00:00Z`);

/** A square per day, a column per week: how much was written. */
export function Year({ year }: { year: PersonYear }) {
  const w = useWords();
  const { t } = w;
  const from = at(year.from);
  const strip = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (strip.current) strip.current.scrollLeft = strip.current.scrollWidth; // on a phone, the newest weeks
  }, []);
  const total = year.messages.reduce((sum, n) => sum + n, 0);
  const most = Math.max(1, ...year.messages);
  const written = new Map(year.days.map((d, i) => [at(d), year.messages[i] ?? 0]));
  const squares = Array.from({ length: Math.round((at(year.to) - from) / day) + 1 }, (_, i) => from + i * day);
  const months = squares.filter((d, i) => i % 7 === 0 && new Date(d).getUTCDate() <= 7); // Mondays
  const names = new Intl.DateTimeFormat(w.lang === "zh-CN" ? "zh-CN" : "en-GB", { month: "short", timeZone: "UTC" });
  const words = t("people.yearWords", {
    period: w.days(year.from, year.to),
    count: year.days.length,
    n: w.count(total),
  });
  return (
    <>
      <p className={style.faint}>{words}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={strip} className={style.year} tabIndex={0} aria-label={t("people.year")}>
        <svg viewBox={`0 0 ${54 * cell} ${head + 7 * cell}`} role="img" aria-label={words}>
          {months.map((d) => (
            <text key={d} x={((d - from) / day / 7) * cell} y={head - 4}>
              {names.format(d)}
            </text>
          ))}
          {squares.map((d, i) => {
            const n = written.get(d) ?? 0;
            return (
              <rect
                key={d}
                x={Math.floor(i / 7) * cell}
                y={head + (i % 7) * cell}
                width={cell - 2}
                height={cell - 2}
                rx={2}
                fill={n === 0 ? "var(--q-line)" : `var(--q-heat-${1 + Math.min(2, Math.floor((3 * (n - 1)) / most))})`}
              >
                <title>{`${w.day(new Date(d).toISOString().slice(0, 10))}: ${n}`}</title>
              </rect>
            );
          })}
        </svg>
      </section>
    </>
  );
}
