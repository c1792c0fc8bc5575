import { answer, client } from "@qunying/api";
import type { LearningInput, OpinionsInput, OpinionTestInput } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about the second judge and about learning; keys as in queries.ts.

const inCommunity = (community: string) => ({ path: { community } });

export const opinions = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "opinion"],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/opinion", { params: inCommunity(community) })),
  });

export const saveOpinions = (community: string, body: OpinionsInput) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/opinion", { params: inCommunity(community), body }));

/** Asks one question by what was typed, saved or not. */
export const tryOpinion = (community: string, body: OpinionTestInput) =>
  answer(
    client.POST("/api/v1/communities/{community}/settings/opinion/test", { params: inCommunity(community), body }),
  );

export const learning = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "learning"],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/learning", { params: inCommunity(community) })),
  });

export const saveLearning = (community: string, body: LearningInput) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/learning", { params: inCommunity(community), body }));
