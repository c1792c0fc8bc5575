import { answer, client } from "@qunying/api";
import type { WebhookInput } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about webhooks; keys as in queries.ts.

export const webhooks = (community: string) =>
  queryOptions({
    queryKey: ["webhooks", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/webhooks", { params: { path: { community } } })))
        .webhooks,
    refetchInterval: 10_000, // milliseconds: how far they are is told by nobody
  });

const inWebhook = (community: string, webhook: string) => ({ path: { community, webhook } });

export const saveWebhook = (community: string, name: string, body: WebhookInput) =>
  answer(
    client.PUT("/api/v1/communities/{community}/webhooks/{webhook}", { params: inWebhook(community, name), body }),
  );

export const removeWebhook = (community: string, name: string, version: number) =>
  answer(
    client.DELETE("/api/v1/communities/{community}/webhooks/{webhook}", {
      params: { ...inWebhook(community, name), query: { version } },
    }),
  );

export const replayWebhook = (community: string, name: string, after: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/webhooks/{webhook}/replay", {
      params: inWebhook(community, name),
      body: { after },
    }),
  );
