import { answer, client } from "@qunying/api";
import type { Bands } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Scope } from "./sending.ts";

export const bandNames = ["alert", "watch", "good", "excellent"] as const;
export type BandName = (typeof bandNames)[number];

/** How the table of all groups can be narrowed: to a band, or to what is not known. */
export const bandFilters = [...bandNames, "unknown"] as const;
export const groupTypes = ["interest", "business", "learning"] as const;
export const healthOrders = ["worst", "best"] as const;

export interface HealthFilter {
  q?: string;
  type?: (typeof groupTypes)[number];
  metric?: string;
  band?: (typeof bandFilters)[number];
  order?: (typeof healthOrders)[number];
  cursor?: string;
  limit: number;
}

export const health = (community: string, group: number) =>
  queryOptions({
    queryKey: ["group", group, "health"],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/health", {
          params: { path: { community, group } },
        }),
      ),
  });

export const healths = (community: string, query: HealthFilter) =>
  queryOptions({
    queryKey: ["groups", "health", community, query],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/health", { params: { path: { community }, query } })),
    placeholderData: keepPreviousData,
    refetchInterval: (q) => (q.state.data?.waiting ? 3000 : false), // milliseconds, while groups are being counted
  });

export const groupOrder = (community: string, group: number) =>
  queryOptions({
    queryKey: ["group", group, "order"],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/order", {
          params: { path: { community, group } },
        }),
      ),
  });

export type TierName = "silent" | "lost" | "few" | "kol" | "joined" | "left";

export const tier = (community: string, group: number, of: TierName, days: { from?: string; to?: string } = {}) =>
  queryOptions({
    queryKey: ["group", group, "tier", of, days],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/tiers/{tier}", {
          params: { path: { community, group, tier: of }, query: { ...days, limit: 50 } },
        }),
      ),
  });

const bandsOfGroup = "/api/v1/communities/{community}/groups/{group}/settings/bands";
const bandsOfSet = "/api/v1/communities/{community}/settings/sets/{set}/bands";
const bandsOfAll = "/api/v1/communities/{community}/settings/bands";

/** Where bands change, as people typed it. */
export const bands = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "bands", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET(bandsOfGroup, { params: { path: { community, group } } })
          : set
            ? client.GET(bandsOfSet, { params: { path: { community, set } } })
            : client.GET(bandsOfAll, { params: { path: { community } } }),
      ),
  });

export const saveBands = (community: string, { group, set }: Scope, body: Bands) =>
  answer(
    group
      ? client.PUT(bandsOfGroup, { params: { path: { community, group } }, body })
      : set
        ? client.PUT(bandsOfSet, { params: { path: { community, set } }, body })
        : client.PUT(bandsOfAll, { params: { path: { community } }, body }),
  );
