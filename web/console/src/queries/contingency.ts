import { answer, client } from "@qunying/api";
import type { ContingencyPlan, SnapshotPlan } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";
import type { Scope } from "./sending.ts";

const inGroup = (community: string, group: number) => ({ path: { community, group } });

/** What every group falls back on. */
export const contingencies = (community: string) =>
  queryOptions({
    queryKey: ["settings", "contingencies", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/contingency", { params: { path: { community } } })))
        .groups,
  });

/** What one group falls back on, and what was made of it. */
export const contingency = (community: string, group: number) =>
  queryOptions({
    queryKey: ["settings", "contingency", community, group],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/contingency", { params: inGroup(community, group) }),
      ),
  });

const steps = {
  begin: "/api/v1/communities/{community}/groups/{group}/contingency/begin",
  end: "/api/v1/communities/{community}/groups/{group}/contingency/end",
  drill: "/api/v1/communities/{community}/groups/{group}/contingency/drill",
} as const;
export type ContingencyStep = keyof typeof steps;

export const contingencyStep = (community: string, group: number, step: ContingencyStep, key: string) =>
  answer(client.POST(steps[step], { params: { ...inGroup(community, group), header: { "Idempotency-Key": key } } }));

export const contingencyPlan = (community: string, { group }: Scope) =>
  queryOptions({
    queryKey: ["settings", "contingencyPlan", community, group ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/settings/contingency", {
              params: inGroup(community, group),
            })
          : client.GET("/api/v1/communities/{community}/settings/contingency", { params: { path: { community } } }),
      ),
  });

export const saveContingencyPlan = (community: string, { group }: Scope, body: ContingencyPlan) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/settings/contingency", {
          params: inGroup(community, group),
          body,
        })
      : client.PUT("/api/v1/communities/{community}/settings/contingency", { params: { path: { community } }, body }),
  );

export const snapshots = (community: string, group: number) =>
  queryOptions({
    queryKey: ["settings", "snapshots", community, group],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/snapshots", { params: inGroup(community, group) }),
      ),
  });

export const makeSnapshot = (community: string, group: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/groups/{group}/snapshots", { params: inGroup(community, group) }),
  );

/** Where a file of a snapshot is downloaded from. */
export const snapshotUrl = (community: string, group: number, slot: number, file: "messages.jsonl" | "members.csv") =>
  `/api/v1/communities/${encodeURIComponent(community)}/groups/${group}/snapshots/${slot}/${file}`;

export const snapshotPlan = (community: string, { group }: Scope) =>
  queryOptions({
    queryKey: ["settings", "snapshotPlan", community, group ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/settings/snapshots", {
              params: inGroup(community, group),
            })
          : client.GET("/api/v1/communities/{community}/settings/snapshots", { params: { path: { community } } }),
      ),
  });

export const saveSnapshotPlan = (community: string, { group }: Scope, body: SnapshotPlan) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/settings/snapshots", {
          params: inGroup(community, group),
          body,
        })
      : client.PUT("/api/v1/communities/{community}/settings/snapshots", { params: { path: { community } }, body }),
  );
