import { answer, client } from "@qunying/api";
import type { Caps, Delivery, GroupSets, Keeper, Source, Waiting, Welcome } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

const inGroup = (community: string, group: number) => ({ path: { community, group } });

/** For whom something is set: a group, a set of groups, or with neither everybody. */
export interface Scope {
  group?: number;
  set?: number;
}

/** Whose a value is that was typed there. */
export const levelOf = (scope: Scope): Source["level"] => (scope.group ? "group" : scope.set ? "set" : "community");

const inSet = (community: string, set: number) => ({ path: { community, set } });

export const welcome = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "welcome", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/settings/welcome", {
              params: inGroup(community, group),
            })
          : set
            ? client.GET("/api/v1/communities/{community}/settings/sets/{set}/welcome", {
                params: inSet(community, set),
              })
            : client.GET("/api/v1/communities/{community}/settings/welcome", { params: { path: { community } } }),
      ),
  });

export const saveWelcome = (community: string, { group, set }: Scope, body: Welcome) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/settings/welcome", {
          params: inGroup(community, group),
          body,
        })
      : set
        ? client.PUT("/api/v1/communities/{community}/settings/sets/{set}/welcome", {
            params: inSet(community, set),
            body,
          })
        : client.PUT("/api/v1/communities/{community}/settings/welcome", { params: { path: { community } }, body }),
  );

/** How long members may wait for an answer, and of a group how long they do. */
export const waiting = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "waiting", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/settings/waiting", {
              params: inGroup(community, group),
            })
          : set
            ? client.GET("/api/v1/communities/{community}/settings/sets/{set}/waiting", {
                params: inSet(community, set),
              })
            : client.GET("/api/v1/communities/{community}/settings/waiting", { params: { path: { community } } }),
      ),
  });

export const saveWaiting = (community: string, { group, set }: Scope, body: Waiting) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/settings/waiting", {
          params: inGroup(community, group),
          body,
        })
      : set
        ? client.PUT("/api/v1/communities/{community}/settings/sets/{set}/waiting", {
            params: inSet(community, set),
            body,
          })
        : client.PUT("/api/v1/communities/{community}/settings/waiting", { params: { path: { community } }, body }),
  );

/** When what may be sent. */
export const delivery = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "delivery", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/settings/delivery", {
              params: inGroup(community, group),
            })
          : set
            ? client.GET("/api/v1/communities/{community}/settings/sets/{set}/delivery", {
                params: inSet(community, set),
              })
            : client.GET("/api/v1/communities/{community}/settings/delivery", { params: { path: { community } } }),
      ),
  });

export const saveDelivery = (community: string, { group, set }: Scope, body: Delivery) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/settings/delivery", {
          params: inGroup(community, group),
          body,
        })
      : set
        ? client.PUT("/api/v1/communities/{community}/settings/sets/{set}/delivery", {
            params: inSet(community, set),
            body,
          })
        : client.PUT("/api/v1/communities/{community}/settings/delivery", { params: { path: { community } }, body }),
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
