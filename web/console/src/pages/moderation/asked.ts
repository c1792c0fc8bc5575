import type { Policy } from "@qunying/api/model";

/** Whether a clause that is not off asks for words of a list, by a category of its entries or by its name. */
export function asksFor(policy: Policy, list: { name: string; categories?: string[] | null }): boolean {
  const categories = list.categories ?? [];
  return policy.clauses.some(({ stage, when }) => {
    if (stage === "off") return false;
    if (when.expr) return [...categories, list.name].some((name) => when.expr?.includes(`"${name}"`));
    return (when.tests ?? []).some(
      (x) =>
        (x.what === "words" && x.any?.some((c) => categories.includes(c))) ||
        (x.what === "lexicons" && x.any?.includes(list.name)),
    );
  });
}
