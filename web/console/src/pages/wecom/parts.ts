/** The sections of the page, in their order. */
export const parts = [
  "groups",
  "codes",
  "contacts",
  "greetings",
  "tags",
  "words",
  "sends",
  "handover",
  "archive",
] as const;
export type Part = (typeof parts)[number];
