import type { ReviewCard } from "@qunying/api/model";

/** Who else looks at a card right now; 0: nobody. */
export const heldBy = (c: ReviewCard, me: number | undefined) =>
  c.claimed_by && c.claimed_by !== me && (c.claimed_until ?? 0) > Date.now() ? c.claimed_by : 0;

/** Whether one has decided oneself, and a second person is waited for. */
export const asking = (c: ReviewCard, me: number | undefined) => c.state === "asked" && c.decided_by === me;
