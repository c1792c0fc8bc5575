import {
  CheckCircleFilled,
  ClockCircleFilled,
  CloseCircleFilled,
  PauseCircleFilled,
  WarningFilled,
} from "@ant-design/icons";
import type { Connection } from "@qunying/api/model";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./Connections.module.css";

const icons = {
  online: <CheckCircleFilled aria-hidden="true" />,
  degraded: <WarningFilled aria-hidden="true" />,
  offline: <CloseCircleFilled aria-hidden="true" />,
  waiting: <ClockCircleFilled aria-hidden="true" />,
  paused: <PauseCircleFilled aria-hidden="true" />,
};

/** A connection's state, in a shape and a word, and for how long it has been so. */
export function ConnectionState({ connection: c }: { connection: Connection }) {
  const w = useWords();
  const state = c.paused ? "paused" : c.health.state;
  return (
    <span className={`${style.state} ${style[state]}`}>
      {icons[state]} {w.t(`connections.state.${state}`)}
      {!c.paused && c.health.since > 0 ? (
        <span className={style.since}>{lasting(w, Date.now() - c.health.since)}</span>
      ) : null}
    </span>
  );
}

const day = 86_400_000; // milliseconds

/** How long something has lasted, as roughly as people would say it. */
function lasting({ t }: Words, ms: number): string {
  if (ms >= 2 * day) return t("connections.for.days", { count: Math.floor(ms / day) });
  if (ms >= 3_600_000) return t("connections.for.hours", { count: Math.floor(ms / 3_600_000) });
  if (ms >= 60_000) return t("connections.for.minutes", { count: Math.floor(ms / 60_000) });
  return t("connections.for.moment");
}

/** A duration of milliseconds with the unit that fits: 320 ms, 1.2 s. */
export function lagWords({ t }: Words, ms: number): string {
  return ms < 1_000
    ? t("connections.ms", { n: Math.round(ms) })
    : t("connections.seconds", { n: (ms / 1_000).toFixed(ms < 10_000 ? 1 : 0) });
}

/** Whether the platform offers the interface, said honestly. */
export function Standing({ official }: { official: boolean }) {
  const { t } = useWords();
  return (
    <span className={official ? style.official : style.unofficial}>
      {official ? null : <WarningFilled aria-hidden="true" />}
      {t(official ? "connections.official" : "connections.unofficial")}
    </span>
  );
}
