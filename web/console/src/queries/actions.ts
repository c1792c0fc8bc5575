import { answer, client } from "@qunying/api";
import type { ActionInput } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

/** The states of actions by which the outbox can be asked. */
export const outboxStates = [
  "queued",
  "suggested",
  "failed",
  "unknown",
  "sending",
  "done",
  "expired",
  "cancelled",
  "handed",
  "dry",
] as const;
export type OutboxState = (typeof outboxStates)[number];

export interface OutboxFilter {
  state?: OutboxState;
  group?: number;
  cursor?: string;
}

const moving = 2_000; // milliseconds between looks while something is on its way

export const outboxPage = (community: string, query: OutboxFilter) =>
  queryOptions({
    queryKey: ["outbox", community, "page", query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/outbox", {
          params: { path: { community }, query: { ...query, limit: 30 } },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (q) =>
      q.state.data?.entries.some((e) => e.state === "sending" || (e.state === "queued" && !e.waits)) ? moving : false,
  });

/** One action, looked at until it is over. */
export const oneAction = (community: string, entry: string) =>
  queryOptions({
    queryKey: ["outbox", community, "one", entry],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/outbox/{entry}", { params: { path: { community, entry } } }),
        )
      ).entry,
    refetchInterval: (q) => {
      const e = q.state.data;
      if (e?.state !== "queued" && e?.state !== "sending") return false;
      return e.waits ? 10_000 : 1_000;
    },
  });

export const askAction = async (community: string, group: number, body: ActionInput, key: string) =>
  (
    await answer(
      client.POST("/api/v1/communities/{community}/groups/{group}/actions", {
        params: { path: { community, group }, header: { "Idempotency-Key": key } },
        body,
      }),
    )
  ).entry;

export const stepAction = async (community: string, entry: string, step: "allow" | "cancel", key: string) => {
  const params = { path: { community, entry }, header: { "Idempotency-Key": key } };
  const call = {
    allow: () => client.POST("/api/v1/communities/{community}/outbox/{entry}/allow", { params }),
    cancel: () => client.POST("/api/v1/communities/{community}/outbox/{entry}/cancel", { params }),
  }[step];
  return (await answer(call())).entry;
};

/** What would become of one thing done in many groups. */
export const previewBulk = (community: string, groups: number[], action: ActionInput) =>
  queryOptions({
    queryKey: ["preview", community, groups, action],
    queryFn: () =>
      answer(
        client.POST("/api/v1/communities/{community}/bulk/preview", {
          params: { path: { community } },
          body: { groups, action, undo },
        }),
      ),
    staleTime: 0,
  });

/** How long many messages can be taken back. */
export const undo = 30; // seconds

export const askBulk = (community: string, groups: number[], action: ActionInput, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/bulk", {
      params: { path: { community }, header: { "Idempotency-Key": key } },
      body: { groups, action, undo },
    }),
  );

export const cancelBulk = (community: string, batch: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/bulk/{batch}/cancel", { params: { path: { community, batch } } }),
  );

const mostRows = 200; // that one answer about abilities holds

/**
 * The name of the connection that a group is heard through, "" for none. There is
 * no question for one group, so this turns the pages of all of them: ask only
 * where it matters.
 */
export const connectionOf = (community: string, group: number) =>
  queryOptions({
    queryKey: ["capabilities", community, "of", group],
    queryFn: async () => {
      for (let cursor: string | undefined = ""; cursor !== undefined; ) {
        const page: { groups: { group: number; connection: string }[]; next?: string } = await answer(
          client.GET("/api/v1/communities/{community}/capabilities", {
            params: { path: { community }, query: { limit: mostRows, ...(cursor ? { cursor } : {}) } },
          }),
        );
        const row = page.groups.find((r) => r.group === group);
        if (row) return row.connection;
        cursor = page.next;
      }
      return "";
    },
  });
