import { answer, client } from "@qunying/api";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { WhoseAsked } from "../queries.ts";

/** How tasks end; open ones have not. */
export const taskStates = ["open", "done", "dropped"] as const;
export type TaskState = (typeof taskStates)[number];

export interface TasksFilter {
  state: TaskState;
  group?: number;
  whose?: WhoseAsked;
  cursor?: string;
}

export const tasks = (community: string, query: TasksFilter) =>
  queryOptions({
    queryKey: ["tasks", community, query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/tasks", {
          params: { path: { community }, query: { ...query, limit: 30 } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** What waits for people, in numbers. */
export const attention = (community: string) =>
  queryOptions({
    queryKey: ["attention", community],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/attention", { params: { path: { community } } })),
    refetchInterval: 60_000, // tasks become overdue without anything happening
  });

const ofTask = (community: string, task: number, key: string) => ({
  path: { community, task },
  header: { "Idempotency-Key": key },
});

export const closeTask = (community: string, task: number, how: "done" | "dropped", proof: string, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/tasks/{task}/close", {
      params: ofTask(community, task, key),
      body: { how, proof },
    }),
  );

export const remindTask = (community: string, task: number, key: string) =>
  answer(client.POST("/api/v1/communities/{community}/tasks/{task}/remind", { params: ofTask(community, task, key) }));
