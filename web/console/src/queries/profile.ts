import { answer, client } from "@qunying/api";
import type { Profile } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";
import type { Scope } from "./sending.ts";

// What groups are for, in which zone their days are counted, whose they become;
// keys as in queries.ts.

export const groupKinds = [
  "product",
  "interest",
  "resource",
  "service",
  "knowledge",
  "commerce",
  "consumption",
  "brand",
  "mixed",
] as const;
export type GroupKind = (typeof groupKinds)[number];

const ofGroup = "/api/v1/communities/{community}/groups/{group}/settings/profile";
const ofSet = "/api/v1/communities/{community}/settings/sets/{set}/profile";
const ofAll = "/api/v1/communities/{community}/settings/profile";

export const profile = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "profile", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET(ofGroup, { params: { path: { community, group } } })
          : set
            ? client.GET(ofSet, { params: { path: { community, set } } })
            : client.GET(ofAll, { params: { path: { community } } }),
      ),
  });

export const saveProfile = (community: string, { group, set }: Scope, body: Profile) =>
  answer(
    group
      ? client.PUT(ofGroup, { params: { path: { community, group } }, body })
      : set
        ? client.PUT(ofSet, { params: { path: { community, set } }, body })
        : client.PUT(ofAll, { params: { path: { community } }, body }),
  );

const zoneOf = "/api/v1/communities/{community}/groups/{group}/settings/zone";

export const groupZone = (community: string, group: number) =>
  queryOptions({
    queryKey: ["settings", "zone", community, group],
    queryFn: () => answer(client.GET(zoneOf, { params: { path: { community, group } } })),
  });

export const saveGroupZone = (
  community: string,
  group: number,
  body: { changes: { from: string; zone: string }[]; version: number },
) => answer(client.PUT(zoneOf, { params: { path: { community, group } }, body }));

export const leaveGroup = (community: string, group: number, put_away: boolean) =>
  answer(
    client.POST("/api/v1/communities/{community}/groups/{group}/leave", {
      params: { path: { community, group } },
      body: { put_away },
    }),
  );

export const returnToGroup = (community: string, group: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/groups/{group}/return", { params: { path: { community, group } } }),
  );

const handing = "/api/v1/communities/{community}/handovers";

export interface Handing {
  from: number;
  to: number;
  keeper: boolean;
  backup: boolean;
  tasks: boolean;
}

/** What would be handed over; changes nothing. */
export const countHandover = (community: string, of: Handing) =>
  queryOptions({
    queryKey: ["handovers", community, "count", of],
    queryFn: () => answer(client.POST(handing, { params: { path: { community } }, body: { ...of, apply: false } })),
    enabled: of.from > 0 && of.to > 0 && of.from !== of.to,
  });

export const handOver = (community: string, of: Handing) =>
  answer(client.POST(handing, { params: { path: { community } }, body: { ...of, apply: true } }));

export const handovers = (community: string) =>
  queryOptions({
    queryKey: ["handovers", community, "list"],
    queryFn: async () => (await answer(client.GET(handing, { params: { path: { community } } }))).handovers,
  });

export const takeBackHandover = (community: string, handover: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/handovers/{handover}/undo", {
      params: { path: { community, handover } },
    }),
  );
