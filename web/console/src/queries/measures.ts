import { answer, client } from "@qunying/api";
import { queryOptions } from "@tanstack/react-query";

// How well order is kept; keys as in queries.ts.

export interface MeasuredPeriod {
  from: string;
  to: string;
  /** 0: all groups. */
  group: number;
}

export const measures = (community: string, { from, to, group }: MeasuredPeriod) =>
  queryOptions({
    queryKey: ["measures", community, from, to, group],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/moderation/measures", {
          params: { path: { community }, query: { from, to, ...(group ? { group } : {}) } },
        }),
      ),
    staleTime: 60_000, // milliseconds
  });

/** What people's decisions say of the clauses in force. */
export const trust = (community: string, group: number) =>
  queryOptions({
    queryKey: ["settings", community, "trust", group],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/policy/trust", {
          params: { path: { community }, query: group ? { group } : {} },
        }),
      ),
  });

export const promote = (community: string, group: number, clause: string, version: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/policy/clauses/{clause}/promote", {
      params: { path: { community, clause }, query: group ? { group } : {} },
      body: { version },
    }),
  );
