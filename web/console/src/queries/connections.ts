import { answer, client } from "@qunying/api";
import type { Connection, ConnectionInput, Finding } from "@qunying/api/model";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

// What the console asks about connections; keys as in queries.ts.

export const drivers = queryOptions({
  queryKey: ["drivers"],
  queryFn: async () => (await answer(client.GET("/api/v1/networks"))).networks,
  staleTime: Number.POSITIVE_INFINITY,
});

export const connections = (community: string) =>
  queryOptions({
    queryKey: ["connections", community, "list"],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/connections", { params: { path: { community } } })))
        .connections,
    refetchInterval: 30_000, // milliseconds: lag and counters are told by nobody
  });

const inConnection = (community: string, connection: string) => ({ path: { community, connection } });

const waits = 2_000; // milliseconds; a QR code to be scanned is replaced within a minute

export const health = (community: string, name: string) =>
  queryOptions({
    queryKey: ["connections", community, "health", name],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/connections/{connection}/health", {
          params: inConnection(community, name),
        }),
      ),
    refetchInterval: (query) => {
      const step = query.state.data?.login?.step;
      return step && step !== "confirmed" ? waits : false;
    },
  });

export const offers = (community: string, name: string) =>
  queryOptions({
    queryKey: ["connections", community, "offers", name],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/connections/{connection}/offers", {
            params: inConnection(community, name),
          }),
        )
      ).offers,
    refetchInterval: 10_000, // milliseconds: groups turn up while the account looks around
  });

export const capabilities = (community: string) =>
  infiniteQueryOptions({
    queryKey: ["capabilities", community],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/capabilities", {
          params: { path: { community }, query: { limit: 200, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });

export const saveConnection = (community: string, name: string, body: ConnectionInput) =>
  answer(
    client.PUT("/api/v1/communities/{community}/connections/{connection}", {
      params: inConnection(community, name),
      body,
    }),
  );

export const removeConnection = (community: string, name: string, version: number) =>
  answer(
    client.DELETE("/api/v1/communities/{community}/connections/{connection}", {
      params: { ...inConnection(community, name), query: { version } },
    }),
  );

export const testConnection = (
  community: string,
  body: { name?: string; driver: string; config?: Record<string, unknown> },
) => answer(client.POST("/api/v1/communities/{community}/connections/test", { params: { path: { community } }, body }));

/** Tests a connection as it is saved, every few seconds while what was found lets us wait for more. */
export const checked = (community: string, c: Connection, waiting: (findings: Finding[] | undefined) => boolean) =>
  queryOptions({
    queryKey: ["check", community, c.name, c.version],
    queryFn: async () => (await testConnection(community, { name: c.name, driver: c.driver })).findings,
    refetchInterval: ({ state }) => (waiting(state.data) ? 5_000 : false), // milliseconds; somebody saves on the platform meanwhile
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0, // what was found is true for the moment
  });

export const adopt = (community: string, name: string, groups: string[]) =>
  answer(
    client.POST("/api/v1/communities/{community}/connections/{connection}/adopt", {
      params: inConnection(community, name),
      body: { groups },
    }),
  );

/** The address that a platform is to call. */
export const hookAddress = (path: string) => `${location.origin}${path}`;

export const hookPath = (community: string, name: string) => `/hooks/${encodeURIComponent(community)}/${name}/`;
