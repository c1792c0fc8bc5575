import { answer, client } from "@qunying/api";
import type { Alerting, MailServerInput } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

export const alertStates = ["firing", "resolved"] as const;
export type AlertState = (typeof alertStates)[number];

export interface AlertsFilter {
  state: AlertState;
  cursor?: string;
}

export const alerts = (community: string, query: AlertsFilter) =>
  queryOptions({
    queryKey: ["alerts", community, query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/alerts", {
          params: { path: { community }, query: { ...query, limit: 30 } },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000, // milliseconds
  });

export const seeAlert = (community: string, alert: number, note: string, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/alerts/{alert}/see", {
      params: { path: { community, alert }, header: { "Idempotency-Key": key } },
      body: { note },
    }),
  );

export const alerting = (community: string) =>
  queryOptions({
    queryKey: ["settings", "alerting", community],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/alerts", { params: { path: { community } } })),
  });

export const saveAlerting = (community: string, body: Alerting) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/alerts", { params: { path: { community } }, body }));

export const mailServer = (community: string) =>
  queryOptions({
    queryKey: ["settings", "mail", community],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/mail", { params: { path: { community } } })),
  });

export const saveMailServer = (community: string, body: MailServerInput) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/mail", { params: { path: { community } }, body }));

export const tryMail = (community: string, server: MailServerInput, to: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/settings/mail/test", {
      params: { path: { community } },
      body: { server, to },
    }),
  );
