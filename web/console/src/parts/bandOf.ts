import type { BandCuts, BandReading } from "@qunying/api/model";

/** How a value is to be read by typed limits; undefined where there is no value or no limit. */
export function bandOf(value: number | null, cuts: BandCuts | undefined, better: BandReading["better"]) {
  if (value === null || !cuts) return undefined;
  const worse = (limit: number | undefined) =>
    limit !== undefined && (better === "more" ? value < limit : value > limit);
  if (cuts.alert === undefined && cuts.watch === undefined && cuts.excellent === undefined) return undefined;
  if (worse(cuts.alert)) return "alert" as const;
  if (worse(cuts.watch)) return "watch" as const;
  if (cuts.excellent !== undefined && !worse(cuts.excellent)) return "excellent" as const;
  return "good" as const;
}
