import { answer, client } from "@qunying/api";
import type { Alerting, Contact, MailServerInput } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { WhoseAsked } from "../queries.ts";
import type { Scope } from "./sending.ts";

export const alertStates = ["firing", "resolved"] as const;
export type AlertState = (typeof alertStates)[number];

export interface AlertsFilter {
  state: AlertState;
  whose?: WhoseAsked;
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

const ofGroup = "/api/v1/communities/{community}/groups/{group}/settings/alerts";
const ofSet = "/api/v1/communities/{community}/settings/sets/{set}/alerts";
const ofAll = "/api/v1/communities/{community}/settings/alerts";

export const alerting = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", "alerting", community, group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET(ofGroup, { params: { path: { community, group } } })
          : set
            ? client.GET(ofSet, { params: { path: { community, set } } })
            : client.GET(ofAll, { params: { path: { community } } }),
      ),
  });

export const saveAlerting = (community: string, { group, set }: Scope, body: Alerting) =>
  answer(
    group
      ? client.PUT(ofGroup, { params: { path: { community, group } }, body })
      : set
        ? client.PUT(ofSet, { params: { path: { community, set } }, body })
        : client.PUT(ofAll, { params: { path: { community } }, body }),
  );

/** Where a colleague is told of tasks and alerts. */
export const contact = (community: string, staff: number) =>
  queryOptions({
    queryKey: ["settings", "contact", community, staff],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/staff/{staff}/contact", { params: { path: { community, staff } } }),
      ),
  });

export const saveContact = (community: string, staff: number, body: Contact) =>
  answer(
    client.PUT("/api/v1/communities/{community}/staff/{staff}/contact", {
      params: { path: { community, staff } },
      body,
    }),
  );

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
