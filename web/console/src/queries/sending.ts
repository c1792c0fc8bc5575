import { answer, client } from "@qunying/api";
import type { Caps, Delivery, GroupSets, Keeper } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

const inGroup = (community: string, group: number) => ({ path: { community, group } });

/** When what may be sent: of the community, or of a group where g is not 0. */
export const delivery = (community: string, g: number) =>
  queryOptions({
    queryKey: ["settings", "delivery", community, g],
    queryFn: () =>
      answer(
        g === 0
          ? client.GET("/api/v1/communities/{community}/settings/delivery", { params: { path: { community } } })
          : client.GET("/api/v1/communities/{community}/groups/{group}/settings/delivery", {
              params: inGroup(community, g),
            }),
      ),
  });

export const saveDelivery = (community: string, g: number, body: Delivery) =>
  answer(
    g === 0
      ? client.PUT("/api/v1/communities/{community}/settings/delivery", { params: { path: { community } }, body })
      : client.PUT("/api/v1/communities/{community}/groups/{group}/settings/delivery", {
          params: inGroup(community, g),
          body,
        }),
  );

export const keeper = (community: string, g: number) =>
  queryOptions({
    queryKey: ["settings", "keeper", community, g],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/settings/keeper", { params: inGroup(community, g) }),
      ),
  });

export const saveKeeper = (community: string, g: number, body: Keeper) =>
  answer(
    client.PUT("/api/v1/communities/{community}/groups/{group}/settings/keeper", {
      params: inGroup(community, g),
      body,
    }),
  );

export const colleagues = (community: string) =>
  queryOptions({
    queryKey: ["settings", "staff", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/staff", { params: { path: { community } } }))).staff,
  });

export const caps = (community: string) =>
  queryOptions({
    queryKey: ["settings", "caps", community],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/caps", { params: { path: { community } } })),
  });

export const saveCaps = (community: string, body: Caps) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/caps", { params: { path: { community } }, body }));

export const groupSets = (community: string) =>
  queryOptions({
    queryKey: ["settings", "sets", community],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/sets", { params: { path: { community } } })),
  });

export const saveGroupSets = (community: string, body: GroupSets) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/sets", { params: { path: { community } }, body }));

/** How full groups are, the fullest first. */
export const capacity = (community: string) =>
  queryOptions({
    queryKey: ["groups", community, "capacity"],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/capacity", {
          params: { path: { community }, query: { limit: 500 } },
        }),
      ),
    staleTime: 300_000, // milliseconds
  });

/** Who of a group is in which others as well. */
export const overlap = (community: string, g: number) =>
  queryOptions({
    queryKey: ["group", g, "overlap"],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/overlap", {
          params: { ...inGroup(community, g), query: { limit: 8 } },
        }),
      ),
  });
