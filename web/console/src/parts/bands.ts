import type { Ref } from "@qunying/api/model";

/** How a value is to be read by the field's reference values; from Above on, up to but not with Below. */
export function bandOf(value: number | null, refs: Ref[] | undefined): Ref["band"] | undefined {
  if (value === null) return undefined;
  return refs?.find((r) => (r.above == null || value >= r.above) && (r.below == null || value < r.below))?.band;
}
