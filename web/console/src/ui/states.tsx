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
  /** What kind the server calls it; "" where message and hint are the console's own. */
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

/**
 * What happened, what to do, and the way to try again. The server speaks English:
 * in another language its kind of problem is said first, and its own words stand
 * below as detail.
 */
export function Failed({ trouble, onRetry, children }: FailedProps) {
  const { t, i18n } = useTranslation();
  const code = codes.find((c) => c === trouble.code);
  const foreign = code !== undefined && i18n.language !== "en";
  const plain = code ? t(`problem.${code}.text`) : t("problem.internal.text");
  const said = [trouble.message, trouble.hint].filter(Boolean);
  const headline = foreign ? plain : trouble.message || plain;
  const hint = foreign || !trouble.hint ? t(`problem.${code ?? "internal"}.hint`) : trouble.hint;
  return (
    <div className={style.failed} role="alert">
      <strong>{headline}</strong>
      <p className={style.hint}>{trouble.code === "" ? trouble.hint : hint}</p>
      {foreign && said.length > 0 ? (
        <p className={style.detail} lang="en">
          {said.join(" · ")}
        </p>
      ) : null}
      {children}
      {onRetry ? (
        <Button onClick={onRetry} size="small">
          {t("action.retry")}
        </Button>
      ) : null}
    </div>
  );
}

const codes = [
  "offline",
  "unavailable",
  "not_found",
  "forbidden",
  "conflict",
  "invalid",
  "unsupported",
  "too_large",
  "throttled",
  "internal",
] as const;

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
