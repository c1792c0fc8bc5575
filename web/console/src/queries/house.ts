import { answer, client } from "@qunying/api";
import type { KeptSettings, RetentionDays, SettingsFile } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about copies, privacy and the installation itself; keys as
// in queries.ts.

const inCommunity = (community: string) => ({ params: { path: { community } } });

interface WithJobs {
  jobs: { done_at?: number }[];
}

/** Asks again soon while something is under way. */
const whileWorking = (data: WithJobs | undefined) => (data?.jobs.some((j) => !j.done_at) ? 1000 : false);

export const backups = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "backups"],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/backups", inCommunity(community))),
    refetchInterval: (q) => whileWorking(q.state.data),
  });

export const makeBackup = (community: string) =>
  answer(client.POST("/api/v1/communities/{community}/backups", inCommunity(community)));

export const saveBackupPlan = (community: string, body: { every_hours: number; keep: number; version: number }) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/backups", { ...inCommunity(community), body }));

export const privacy = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "privacy"],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/privacy", inCommunity(community))),
    refetchInterval: (q) => whileWorking(q.state.data),
  });

export const saveRetention = (community: string, body: RetentionDays) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/retention", { ...inCommunity(community), body }));

export const runRetention = (community: string) =>
  answer(client.POST("/api/v1/communities/{community}/privacy/retain", inCommunity(community)));

export const kept = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "media"],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/settings/media", inCommunity(community))),
  });

export const saveKept = (community: string, body: KeptSettings) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/media", { ...inCommunity(community), body }));

export const erasePerson = (community: string, person: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/erase", { params: { path: { community, person } } }),
  );

export const importSettings = (community: string, body: SettingsFile, apply: boolean) =>
  answer(
    client.POST("/api/v1/communities/{community}/settings/file", {
      params: { path: { community }, query: apply ? { apply } : {} },
      body,
    }),
  );

export const notice = (community: string, language: "zh-CN" | "en") =>
  queryOptions({
    queryKey: ["settings", community, "notice", language],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/privacy/notice", {
          params: { path: { community }, query: { language } },
        }),
      ),
  });

export const findings = (community: string, language: "zh-CN" | "en") =>
  queryOptions({
    queryKey: ["doctor", community, language],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/doctor", { params: { path: { community }, query: { language } } }),
      ),
  });

export const about = (community: string) =>
  queryOptions({
    queryKey: ["about", community],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/about", inCommunity(community))),
  });
