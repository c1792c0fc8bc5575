import type { ReportQuestion, SavedView } from "@qunying/api/model";
import { type ExploreSearch, exploreSearch } from "../../queries/explore.ts";
import { daysBetween } from "../../words/time.ts";
import { cohortsOf } from "../explore/CohortsTab.tsx";
import { funnelOf } from "../explore/FunnelTab.tsx";
import { queryOf } from "../explore/QueryTab.tsx";

/** A saved question as a report asks it: over as many days, up to the report's last one. */
export function questionOf(name: string, search: ExploreSearch): ReportQuestion {
  const days = search.days ?? (search.from && search.to ? daysBetween(search.from, search.to) + 1 : undefined);
  return {
    name,
    ...(days ? { days: Math.min(days, 366) } : {}),
    ...(search.tab === "query"
      ? { query: queryOf(search, {}) }
      : search.tab === "cohorts"
        ? { cohorts: cohortsOf(search, {}) }
        : { funnel: funnelOf(search, {}) }),
  };
}

/** What can be asked: one's own questions and the team's, and what is asked already as it is. */
export function questionsToAsk(mine: SavedView[], team: SavedView[], asked: ReportQuestion[]): ReportQuestion[] {
  const found = new Map(asked.map((q) => [q.name, q]));
  for (const v of [...mine, ...team]) {
    if (v.place === "explore" && !found.has(v.name)) {
      found.set(v.name, questionOf(v.name, exploreSearch(JSON.parse(v.query) as Record<string, unknown>)));
    }
  }
  return [...found.values()];
}
