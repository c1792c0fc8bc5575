import { answer, client } from "@qunying/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

// What the console asks about people over all groups; keys as in queries.ts.

const once = (key: string) => ({ "Idempotency-Key": key });
const of = (community: string, person: number) => ({ path: { community, person } });

/** The parts of everybody by which the list can be asked. */
export const onlySome = ["silent", "newcomers", "staff"] as const;
export type OnlySome = (typeof onlySome)[number];

export interface PeopleFilter {
  q?: string;
  group?: number;
  tag?: string;
  only?: OnlySome;
}

export const people = (community: string, query: PeopleFilter) =>
  infiniteQueryOptions({
    queryKey: ["people", community, "list", query],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/people", {
          params: {
            path: { community },
            query: {
              ...query,
              limit: 50,
              ...(query.only === "newcomers" ? { sort: "first" as const } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });

export const tags = (community: string) =>
  queryOptions({
    queryKey: ["people", community, "tags"],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/people/tags", { params: { path: { community } } })))
        .tags,
  });

export const year = (community: string, person: number) =>
  queryOptions({
    queryKey: ["people", community, "year", person],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/people/{person}/year", { params: of(community, person) })),
  });

export const talks = (community: string, person: number) =>
  queryOptions({
    queryKey: ["people", community, "talks", person],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/people/{person}/talks", {
          params: { ...of(community, person), query: { limit: 10 } },
        }),
      ),
  });

export const alike = (community: string, person: number) =>
  queryOptions({
    queryKey: ["people", community, "alike", person],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/people/{person}/alike", { params: of(community, person) }),
        )
      ).people,
  });

/** Which merges and splits made a person. */
export const past = (community: string, person: number) =>
  queryOptions({
    queryKey: ["people", community, "past", person],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/people/{person}/links", { params: of(community, person) }),
        )
      ).links,
  });

/** Everybody who may be the same person as somebody else. */
export const alikeSets = (community: string) =>
  infiniteQueryOptions({
    queryKey: ["people", community, "alikeSets"],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/people/alike", {
          params: { path: { community }, query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });

export const sayApart = (community: string, people: number[], apart: boolean) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/apart", {
      params: { path: { community } },
      body: { people, apart },
    }),
  );

export const tagPerson = (community: string, person: number, body: { put?: string[]; take?: string[] }, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/tags", {
      params: { ...of(community, person), header: once(key) },
      body,
    }),
  );

export const mergePeople = (community: string, identities: number[], key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/merge", {
      params: { path: { community }, header: once(key) },
      body: { identities },
    }),
  );

export const splitPerson = (community: string, identity: number, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/split", {
      params: { path: { community }, header: once(key) },
      body: { identity },
    }),
  );

export const undoPeople = (community: string, undo: number, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/undo", {
      params: { path: { community }, header: once(key) },
      body: { undo },
    }),
  );
