import type { Act } from "@qunying/api/model";
import { Checkbox, InputNumber } from "antd";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

const all = ["recall", "remind", "warn", "mute", "mute_all", "remove", "block", "notice", "page", "points"] as const;

/** Which things are done, and for how long. */
export function ActsEditor({ acts, onChange }: { acts: readonly Act[]; onChange: (acts: Act[]) => void }) {
  const { t } = useWords();
  const put = (a: Act) => onChange(acts.map((b) => (b.do === a.do ? a : b)));
  return (
    <ul className={style.form}>
      {all.map((what) => {
        const act = acts.find((a) => a.do === what);
        return (
          <li key={what} className={style.test}>
            <Checkbox
              checked={act !== undefined}
              onChange={(e) =>
                onChange(
                  e.target.checked
                    ? [
                        ...acts,
                        { do: what, ...(what === "mute" ? { minutes: 60 } : what === "points" ? { points: 10 } : {}) },
                      ]
                    : acts.filter((a) => a.do !== what),
                )
              }
            >
              {t(`order.act.${what}`)}
            </Checkbox>
            {act && (what === "mute" || what === "mute_all") ? (
              <InputNumber
                size="small"
                aria-label={t("order.minutes")}
                suffix={t("order.minutes")}
                min={what === "mute" ? 1 : 0}
                max={43_200}
                precision={0}
                value={act.minutes ?? 0}
                onChange={(n) => put({ ...act, minutes: n ?? 60 })}
              />
            ) : null}
            {act && what === "points" ? (
              <InputNumber
                size="small"
                aria-label={t("order.pointsAmount")}
                suffix={t("order.pointsAmount")}
                min={1}
                max={100_000}
                precision={0}
                value={act.points ?? 10}
                onChange={(n) => put({ ...act, points: n ?? 10 })}
              />
            ) : null}
            {act && what === "block" ? (
              <InputNumber
                size="small"
                aria-label={t("order.days")}
                suffix={t("order.days")}
                min={0}
                max={3650}
                precision={0}
                value={act.days ?? 0}
                onChange={(n) => put({ ...act, days: n ?? 0 })}
              />
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
