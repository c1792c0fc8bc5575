import { answer, client } from "@qunying/api";
import type { ReportPlans, ReportWish } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about reports; keys as in queries.ts.

export const reportKinds = ["daily", "weekly", "quarterly"] as const;
export type ReportKind = (typeof reportKinds)[number];

export const reports = (community: string, before: number) =>
  queryOptions({
    queryKey: ["reports", community, before],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/insight/reports", {
          params: { path: { community }, query: before ? { before } : {} },
        }),
      ),
    refetchInterval: (q) => (q.state.data?.reports.some((r) => isOpen(r.state)) ? 2000 : false),
  });

/** A report that is still being made. */
export const isOpen = (state: string) => state === "asked" || state === "making";

export const report = (community: string, id: number) =>
  queryOptions({
    queryKey: ["reports", community, "one", id],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/insight/reports/{report}", {
          params: { path: { community, report: id } },
        }),
      ),
    staleTime: (q) => (q.state.data?.report ? Number.POSITIVE_INFINITY : 0),
    refetchInterval: (q) => (q.state.data && isOpen(q.state.data.head.state) ? 1000 : false),
  });

export const makeReport = (community: string, body: ReportWish) =>
  answer(client.POST("/api/v1/communities/{community}/insight/reports", { params: { path: { community } }, body }));

export const reportPlans = (community: string) =>
  queryOptions({
    queryKey: ["settings", "reports", community],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/reports", { params: { path: { community } } })),
  });

export const saveReportPlans = (community: string, body: ReportPlans) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/reports", { params: { path: { community } }, body }));

/** The address of a report as a spreadsheet. */
export const reportFile = (community: string, id: number, language: string) =>
  `/api/v1/communities/${encodeURIComponent(community)}/insight/reports/${id}/file?language=${encodeURIComponent(language)}`;
