import { Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import style from "./states.module.css";

/** What goes where content will be. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className={style.loading} role="status" aria-label={t("state.loading")}>
      <Skeleton active title={false} paragraph={{ rows }} />
    </div>
  );
}

/** The part of a problem that people read. */
export interface Trouble {
  code: string;
  message: string;
  hint: string;
}

interface FailedProps {
  trouble: Trouble;
  onRetry?: () => void;
  /** What was kept, or what else can be done. */
  children?: ReactNode;
}

/** What happened, what to do, and the way to try again. */
export function Failed({ trouble, onRetry, children }: FailedProps) {
  const { t } = useTranslation();
  return (
    <div className={style.failed} role="alert">
      <strong>{headline(t, trouble)}</strong>
      {trouble.message && trouble.code !== "internal" ? null : trouble.message ? <p>{trouble.message}</p> : null}
      <p className={style.hint}>{trouble.hint || t(hintKey(trouble.code))}</p>
      {children}
      {onRetry ? (
        <Button onClick={onRetry} size="small">
          {t("action.retry")}
        </Button>
      ) : null}
    </div>
  );
}

type T = ReturnType<typeof useTranslation>["t"];

function headline(t: T, trouble: Trouble): string {
  if (trouble.message && trouble.code !== "internal") return trouble.message;
  return t(headlineKey(trouble.code));
}

function headlineKey(code: string) {
  return known.has(code) ? (`problem.${code}.text` as "problem.internal.text") : "problem.internal.text";
}

function hintKey(code: string) {
  return known.has(code) ? (`problem.${code}.hint` as "problem.internal.hint") : "problem.internal.hint";
}

const known = new Set(["offline", "unavailable", "not_found", "forbidden", "conflict", "invalid", "unsupported"]);

interface EmptyProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  mark?: ReactNode;
}

/** Nothing here yet: says why and offers the next step. */
export function Empty({ title, children, actions, mark }: EmptyProps) {
  return (
    <div className={style.empty}>
      {mark}
      <p className={style.title}>{title}</p>
      {children ? <div className={style.teach}>{children}</div> : null}
      {actions ? <div className={style.steps}>{actions}</div> : null}
    </div>
  );
}
