import { answer, client } from "@qunying/api";
import type { Cohorts, DeedPick, Funnel, FunnelPeople, Query, SavedView, Views } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type PeriodSearch, periodSearch } from "../parts/period.ts";

// What the console asks about composed questions; keys as in queries.ts.

export const tabs = ["funnel", "cohorts", "query"] as const;
export type Tab = (typeof tabs)[number];

export const deeds = [
  "message.posted",
  "member.joined",
  "member.left",
  "member.requested",
  "member.renamed",
  "message.recalled",
  "reaction.added",
  "code.scanned",
  "contact.added",
  "contact.removed",
  "person.tag",
  "points.give",
] as const satisfies DeedPick["kind"][];

/** By what each kind of deed can be narrowed. */
export const narrowings: Partial<Record<DeedPick["kind"], ("text" | "content" | "way" | "code" | "tag")[]>> = {
  "message.posted": ["text", "content"],
  "member.joined": ["way", "code"],
  "member.left": ["way"],
  "member.requested": ["text"],
  "reaction.added": ["text"],
  "code.scanned": ["code"],
  "contact.added": ["way", "code"],
  "contact.removed": ["way"],
  "person.tag": ["tag"],
};

export const funnelBys = ["group", "set", "type", "way", "code", "inviter"] as const;
export const times = ["day", "week", "month", "weekday", "hour"] as const;
export const whos = ["group", "type", "set", "person", "way", "code", "inviter"] as const;
export const comparisons = ["before", "weeks", "peers"] as const;

/** The question as the page's address holds it. */
export interface ExploreSearch extends PeriodSearch {
  tab?: Tab;
  group?: number;
  set?: number;
  steps?: DeedPick[];
  window?: number;
  same?: boolean;
  by?: (typeof funnelBys)[number];
  first?: DeedPick;
  back?: DeedPick;
  grain?: "week" | "month";
  metrics?: string[];
  time?: (typeof times)[number];
  who?: (typeof whos)[number];
  compare?: (typeof comparisons)[number];
}

function pickOf(v: unknown): DeedPick | undefined {
  if (typeof v !== "object" || v === null) return undefined;
  const raw = v as Record<string, unknown>;
  const kind = deeds.find((d) => d === raw.kind);
  if (!kind) return undefined;
  const pick: DeedPick = { kind };
  for (const field of narrowings[kind] ?? []) {
    const text = raw[field];
    if (typeof text === "string" && text) pick[field] = text.slice(0, 100);
  }
  const after = Number(raw.after);
  if (Number.isInteger(after) && after > 0 && after <= 366) pick.after = after;
  return pick;
}

const numberOf = (v: unknown, most: number) => {
  const n = Number(v);
  return Number.isInteger(n) && n > 0 && n <= most ? n : undefined;
};

/** Reads what an address says, and leaves out what it cannot say. */
export function exploreSearch(s: Record<string, unknown>): ExploreSearch {
  const steps = Array.isArray(s.steps) ? s.steps.flatMap((p) => pickOf(p) ?? []).slice(0, 8) : [];
  const metrics = Array.isArray(s.metrics) ? s.metrics.filter((m): m is string => typeof m === "string") : [];
  const found: ExploreSearch = {
    ...periodSearch(s),
    tab: tabs.find((x) => x === s.tab),
    group: numberOf(s.group, Number.MAX_SAFE_INTEGER),
    set: numberOf(s.set, Number.MAX_SAFE_INTEGER),
    steps: steps.length > 0 ? steps : undefined,
    window: numberOf(s.window, 366),
    same: typeof s.same === "boolean" ? s.same : undefined,
    by: funnelBys.find((x) => x === s.by),
    first: pickOf(s.first),
    back: pickOf(s.back),
    grain: s.grain === "month" ? "month" : s.grain === "week" ? "week" : undefined,
    metrics: metrics.length > 0 ? metrics.slice(0, 6) : undefined,
    time: times.find((x) => x === s.time),
    who: whos.find((x) => x === s.who),
    compare: comparisons.find((x) => x === s.compare),
  };
  return Object.fromEntries(Object.entries(found).filter(([, v]) => v !== undefined));
}

/**
 * An answer that rests on older numbers is asked for again, but not with every
 * message: a question over all groups is seconds of work.
 */
const nowAndThen = {
  refetchInterval: ({ state }: { state: { isInvalidated: boolean } }): number | false =>
    state.isInvalidated ? 20_000 : false,
};

const inC = (community: string) => ({ params: { path: { community } } });

export const asked = (community: string, body: Query) =>
  queryOptions({
    queryKey: ["explore", community, "query", body],
    queryFn: () => answer(client.POST("/api/v1/communities/{community}/query", { ...inC(community), body })),
    placeholderData: keepPreviousData,
    ...nowAndThen,
  });

export const funnel = (community: string, body: Funnel) =>
  queryOptions({
    queryKey: ["explore", community, "funnel", body],
    queryFn: () => answer(client.POST("/api/v1/communities/{community}/explore/funnel", { ...inC(community), body })),
    placeholderData: keepPreviousData,
    ...nowAndThen,
  });

export const funnelPeople = (community: string, body: FunnelPeople) =>
  queryOptions({
    queryKey: ["explore", community, "people", body],
    queryFn: () =>
      answer(client.POST("/api/v1/communities/{community}/explore/funnel/people", { ...inC(community), body })),
    ...nowAndThen,
  });

export const cohorts = (community: string, body: Cohorts) =>
  queryOptions({
    queryKey: ["explore", community, "cohorts", body],
    queryFn: () => answer(client.POST("/api/v1/communities/{community}/explore/cohorts", { ...inC(community), body })),
    placeholderData: keepPreviousData,
    ...nowAndThen,
  });

export type FileLayout = "csv" | "xlsx";
export type Exported =
  | { of: "query"; body: Query }
  | { of: "funnel"; body: FunnelPeople }
  | { of: "cohorts"; body: Cohorts };

/** Hands an answer to the browser as a file. */
export async function takeFile(
  community: string,
  what: Exported,
  layout: FileLayout,
  language: "zh-CN" | "en",
): Promise<void> {
  const init = { params: { path: { community }, query: { layout, language } }, parseAs: "blob" as const };
  const file = (await answer(
    what.of === "query"
      ? client.POST("/api/v1/communities/{community}/query/export", { ...init, body: what.body })
      : what.of === "funnel"
        ? client.POST("/api/v1/communities/{community}/explore/funnel/export", { ...init, body: what.body })
        : client.POST("/api/v1/communities/{community}/explore/cohorts/export", { ...init, body: what.body }),
  )) as unknown as Blob;
  const at = new Date().toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "-");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `qunying-${what.of}-${at}.${layout}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser has begun to save it by then
}

export type ViewPlace = SavedView["place"];

export const views = (community: string) =>
  queryOptions({
    queryKey: ["settings", "views", community],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/views", inC(community))),
  });

export const saveViews = (community: string, team: boolean, list: SavedView[], version: number): Promise<Views> =>
  answer(
    team
      ? client.PUT("/api/v1/communities/{community}/views/team", { ...inC(community), body: { views: list, version } })
      : client.PUT("/api/v1/communities/{community}/views/mine", { ...inC(community), body: { views: list, version } }),
  );
