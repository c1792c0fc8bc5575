/** The sections of the page, in their order. */
export const parts = ["codes", "menu"] as const;
export type Part = (typeof parts)[number];
