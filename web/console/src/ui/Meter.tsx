import style from "./Meter.module.css";

/** How far something is, 0 to 1. */
export function Meter({ share, label }: { share: number; label: string }) {
  const at = Math.min(1, Math.max(0, share));
  return (
    <div
      className={style.meter}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
    >
      <div className={style.done} style={{ width: `${at * 100}%` }} />
    </div>
  );
}

/** A part of a whole as a bar; the number stands beside it in text. */
export function ShareBar({ share, quiet }: { share: number; quiet?: boolean }) {
  return (
    <div className={style.bar} aria-hidden="true">
      <div className={quiet ? style.quiet : style.part} style={{ width: `${Math.min(1, share) * 100}%` }} />
    </div>
  );
}
