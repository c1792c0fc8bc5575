/** Limits by which nothing of a group can be bad but its share of key speakers, and that is. */
export const onlyKeySpeakersAreBad = {
  ...Object.fromEntries(
    [
      "activity_rate",
      "messages_per_member",
      "messages_mean",
      "speaking_share",
      "next_week_retention",
      "membership_retention",
      "kol_output",
    ].map((metric) => [metric, { excellent: 0 }]),
  ),
  ...Object.fromEntries(
    ["message_decay", "leave_rate", "silent_share", "top1_share", "few_share"].map((metric) => [
      metric,
      { excellent: 1 },
    ]),
  ),
  kol_share: { alert: 1 },
};
