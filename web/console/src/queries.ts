import { answer, client } from "@qunying/api";
import type { Import, ImportChange } from "@qunying/api/model";
import { upload } from "@qunying/api/upload";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { GroupKind } from "./queries/profile.ts";

// What the console asks for. A key begins with what the answer is about, so that
// live.ts finds the answers that became stale:
// ["session"] ["metrics"] ["groups"] ["group", g, "numbers" | "stream" | …] ["messages"] ["imports"] ["outbox"] ["loops"] ["parked"]

export interface Span {
  from: string;
  to: string;
}

export const session = queryOptions({
  queryKey: ["session"],
  queryFn: () => answer(client.GET("/api/v1/session")),
  staleTime: Number.POSITIVE_INFINITY,
});

export const metrics = queryOptions({
  queryKey: ["metrics"],
  queryFn: async () => (await answer(client.GET("/api/v1/metrics"))).metrics ?? [],
  staleTime: Number.POSITIVE_INFINITY,
});

export const communities = queryOptions({
  queryKey: ["communities"],
  queryFn: async () => (await answer(client.GET("/api/v1/communities"))).communities ?? [],
  staleTime: Number.POSITIVE_INFINITY,
});

const inGroup = (community: string, group: number) => ({ path: { community, group } });

/** By what the overview can be sorted. */
export const sorts = ["urgent", "messages", "speakers", "last", "name"] as const;

/** Which groups the overview can be narrowed to. */
export const narrows = ["urgent", "unkept", "gaps", "falling", "silent", "no_roster", "away"] as const;

/** Whose groups a list is about; auto: one's own where one keeps any. */
export type WhoseAsked = "mine" | "all" | "auto";

export interface GroupsFilter {
  q?: string;
  kind?: GroupKind;
  network?: string;
  whose?: WhoseAsked;
  only?: (typeof narrows)[number];
  sort: (typeof sorts)[number];
  days: number;
  limit: number;
  cursor?: string;
}

export const groups = (community: string, query: GroupsFilter) =>
  queryOptions({
    queryKey: ["groups", community, query],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/groups", { params: { path: { community }, query } })),
    placeholderData: keepPreviousData,
  });

export const group = (community: string, g: number) =>
  queryOptions({
    queryKey: ["group", g, "head"],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/groups/{group}", { params: inGroup(community, g) })),
  });

export const numbers = (community: string, g: number, query: Span) =>
  queryOptions({
    queryKey: ["group", g, "numbers", query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/numbers", {
          params: { ...inGroup(community, g), query },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const trend = (community: string, g: number, query: Span & { grain: "day" | "week" | "month" }) =>
  queryOptions({
    queryKey: ["group", g, "trend", query],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/groups/{group}/trend", {
            params: { ...inGroup(community, g), query },
          }),
        )
      ).trend,
    placeholderData: keepPreviousData,
  });

export const rhythm = (community: string, g: number, query: Span) =>
  queryOptions({
    queryKey: ["group", g, "rhythm", query],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/groups/{group}/rhythm", {
            params: { ...inGroup(community, g), query },
          }),
        )
      ).rhythm,
    placeholderData: keepPreviousData,
  });

export const retention = (community: string, g: number, query: Span & { of: "speaking" | "membership" }) =>
  queryOptions({
    queryKey: ["group", g, "retention", query],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/groups/{group}/retention", {
            params: { ...inGroup(community, g), query },
          }),
        )
      ).retention,
    placeholderData: keepPreviousData,
  });

export const speakers = (community: string, g: number, query: Span & { limit: number }) =>
  queryOptions({
    queryKey: ["group", g, "speakers", query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/speakers", {
          params: { ...inGroup(community, g), query },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const replies = (community: string, g: number, query: Span & { limit: number }) =>
  queryOptions({
    queryKey: ["group", g, "replies", query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/replies", {
          params: { ...inGroup(community, g), query },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const words = (community: string, g: number, query: Span & { limit: number }) =>
  queryOptions({
    queryKey: ["group", g, "words", query],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/groups/{group}/words", {
            params: { ...inGroup(community, g), query },
          }),
        )
      ).words ?? [],
    placeholderData: keepPreviousData,
  });

export const stream = (community: string, g: number, limit: number) =>
  queryOptions({
    queryKey: ["group", g, "stream", limit],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/stream", {
          params: { ...inGroup(community, g), query: { limit } },
        }),
      ),
  });

export interface SearchFilter {
  q?: string;
  group?: number;
  person?: number;
  from?: string;
  to?: string;
  content?: Content;
}

export const contents = [
  "text",
  "image",
  "voice",
  "video",
  "file",
  "sticker",
  "link",
  "location",
  "card",
  "mini_program",
  "forward",
  "red_packet",
  "transfer",
  "poke",
  "call",
  "other",
] as const;
export type Content = (typeof contents)[number];

export const searchPage = (community: string, filter: SearchFilter, cursor: string | undefined) =>
  answer(
    client.GET("/api/v1/communities/{community}/messages", {
      params: { path: { community }, query: { ...filter, limit: 40, ...(cursor ? { cursor } : {}) } },
    }),
  );

export const around = (community: string, seq: number) =>
  queryOptions({
    queryKey: ["messages", "around", seq],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/messages/{seq}/context", {
          params: { path: { community, seq }, query: { before: 15, after: 15 } },
        }),
      ),
  });

export const person = (community: string, p: number) =>
  queryOptions({
    queryKey: ["person", p],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/people/{person}", { params: { path: { community, person: p } } }),
        )
      ).person,
  });

const isRunning = (i: Import) =>
  i.state === "preview" ||
  i.state === "running" ||
  (i.state === "done" && (i.progress.counted < 1 || i.progress.indexed < 1));

export const imports = (community: string) =>
  queryOptions({
    queryKey: ["imports", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/imports", { params: { path: { community } } })))
        .imports ?? [],
    refetchInterval: (query) => (query.state.data?.some(isRunning) ? 1_500 : false),
  });

export const oneImport = (community: string, id: number) =>
  queryOptions({
    queryKey: ["imports", community, id],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/imports/{import}", {
            params: { path: { community, import: id } },
          }),
        )
      ).import,
    refetchInterval: (query) => (query.state.data && isRunning(query.state.data) ? 1_000 : false),
  });

export const outbox = (community: string, g: number) =>
  queryOptions({
    queryKey: ["outbox", community, g],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/outbox", {
            params: { path: { community }, query: { group: g, limit: 5 } },
          }),
        )
      ).entries ?? [],
  });

export const loops = (community: string) =>
  queryOptions({
    queryKey: ["loops", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/loops", { params: { path: { community } } }))).loops ??
      [],
    refetchInterval: 5_000,
  });

export const parked = (community: string) =>
  queryOptions({
    queryKey: ["parked", community],
    queryFn: async () =>
      (await answer(client.GET("/api/v1/communities/{community}/parked", { params: { path: { community } } })))
        .parked ?? [],
  });

// What changes something.

export const setUp = (body: { token: string; name: string; password: string }) =>
  answer(client.POST("/api/v1/setup", { body }));

export const signIn = (body: { name: string; password: string; code?: string }) =>
  answer(client.POST("/api/v1/session", { body }));

export const signOut = () => answer(client.DELETE("/api/v1/session"));

export const send = (community: string, g: number, text: string, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/groups/{group}/messages", {
      params: { ...inGroup(community, g), header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );

export const retryParked = (community: string, seq: number) =>
  answer(client.POST("/api/v1/communities/{community}/parked/{seq}/retry", { params: { path: { community, seq } } }));

export const uploadFile = (
  community: string,
  file: File,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<{ import: Import }> =>
  upload(
    `/api/v1/communities/${encodeURIComponent(community)}/files?name=${encodeURIComponent(file.name)}`,
    file,
    onShare,
    signal,
  );

export const changeImport = async (community: string, id: number, body: ImportChange) =>
  (
    await answer(
      client.PATCH("/api/v1/communities/{community}/imports/{import}", {
        params: { path: { community, import: id } },
        body,
      }),
    )
  ).import;

export const stepImport = async (community: string, id: number, step: "start" | "cancel" | "resume") => {
  const params = { path: { community, import: id } };
  const call = {
    start: () => client.POST("/api/v1/communities/{community}/imports/{import}/start", { params }),
    cancel: () => client.POST("/api/v1/communities/{community}/imports/{import}/cancel", { params }),
    resume: () => client.POST("/api/v1/communities/{community}/imports/{import}/resume", { params }),
  }[step];
  return (await answer(call())).import;
};

/** The refused rows of an import, as the server keeps them. */
export const refusedRows = async (community: string, id: number): Promise<string> =>
  (await answer(
    client.GET("/api/v1/communities/{community}/imports/{import}/rejects", {
      params: { path: { community, import: id } },
      parseAs: "text",
    }),
  )) as unknown as string;

/** The stream of changes since the answer that gave this position. */
export const eventsUrl = (community: string, since: string) =>
  `/api/v1/communities/${encodeURIComponent(community)}/events?since=${encodeURIComponent(since)}`;

export const takeRoster = (
  community: string,
  body: { group: number; text?: string; file?: string; file_name?: string; at?: number; apply: boolean },
) => answer(client.POST("/api/v1/communities/{community}/rosters", { params: { path: { community } }, body }));
