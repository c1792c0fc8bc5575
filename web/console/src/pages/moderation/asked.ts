import type { Policy } from "@qunying/api/model";

/** Whether a clause that is not off asks for words of a list, by its category or by its ID. */
export function asksFor(policy: Policy, list: { id: string; category: string }): boolean {
  return policy.clauses.some(({ stage, when }) => {
    if (stage === "off") return false;
    if (when.expr) return [list.category, list.id].some((name) => when.expr?.includes(`"${name}"`));
    return (when.tests ?? []).some(
      (x) =>
        (x.what === "words" && x.any?.includes(list.category)) || (x.what === "lexicons" && x.any?.includes(list.id)),
    );
  });
}
