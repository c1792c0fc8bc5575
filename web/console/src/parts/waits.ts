import type { Words } from "../words/useWords.ts";

const reasons = [
  "approval",
  "scheduled",
  "retry",
  "paused_all",
  "paused_group",
  "paused_account",
  "quiet_hours",
  "spread",
  "rate_account",
  "rate_group",
  "warm_up",
  "daily_limit",
  "connecting",
] as const;

/** Why something does not go out at once. */
export function waitWords(t: Words["t"], reason: string): string {
  return t(`waits.${reasons.find((r) => r === reason) ?? "other"}`);
}
