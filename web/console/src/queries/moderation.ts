import { answer, client } from "@qunying/api";
import type { BacktestInput, Detectors, Lexicon, ListInput, Order, Policy, RulingInput } from "@qunying/api/model";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Scope } from "./sending.ts";

// What the console asks about keeping order; keys as in queries.ts.

const inCommunity = (community: string) => ({ path: { community } });
const once = (key: string) => ({ "Idempotency-Key": key });

/** The states of cards by which the queue can be asked. */
export const reviewStates = ["open", "decided", "acted"] as const;
export type ReviewState = (typeof reviewStates)[number];

export const reviewKinds = ["suggest", "report", "appeal", "unsure", "auto"] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export interface ReviewFilter {
  state?: ReviewState;
  kind?: ReviewKind;
  group?: number;
  clause?: string;
}

const watched = 10_000; // milliseconds: others decide, too

export const reviews = (community: string, query: ReviewFilter) =>
  infiniteQueryOptions({
    queryKey: ["reviews", community, "list", query],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/reviews", {
          params: {
            ...inCommunity(community),
            query: { ...query, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: watched,
  });

export const waiting = (community: string) =>
  queryOptions({
    queryKey: ["reviews", community, "waiting"],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/reviews", {
          params: { ...inCommunity(community), query: { state: "open", limit: 1 } },
        }),
      ),
    refetchInterval: 30_000,
  });

export const review = (community: string, id: number) =>
  queryOptions({
    queryKey: ["reviews", community, "one", id],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/reviews/{review}", { params: { path: { community, review: id } } }),
      ),
  });

export const rule = (community: string, body: RulingInput, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/reviews/decide", {
      params: { ...inCommunity(community), header: once(key) },
      body,
    }),
  );

export const claim = (community: string, body: { reviews: number[]; release?: boolean }, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/reviews/claim", {
      params: { ...inCommunity(community), header: once(key) },
      body,
    }),
  );

/** Moves a dispute to private talk, or hands it to another mediator. */
export const moveToTalk = (community: string, id: number, body: { mediator: number; note?: string }, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/reviews/{review}/talk", {
      params: { path: { community, review: id }, header: once(key) },
      body,
    }),
  );

export const endTalk = (community: string, id: number, body: { settled: boolean; note: string }, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/reviews/{review}/talk/end", {
      params: { path: { community, review: id }, header: once(key) },
      body,
    }),
  );

export const explain = (community: string, seq: number) =>
  queryOptions({
    queryKey: ["explain", community, seq],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/messages/{seq}/explain", { params: { path: { community, seq } } }),
      ),
  });

export const memberCases = (community: string, person: number) =>
  queryOptions({
    queryKey: ["cases", community, person],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/people/{person}/cases", {
          params: { path: { community, person } },
        }),
      ),
  });

export const pardon = (community: string, person: number, text: string, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/pardon", {
      params: { path: { community, person }, header: once(key) },
      body: { text },
    }),
  );

/** What forgiving many at once would mean: strikes got in some groups (none: all), before a time (ms, 0: all). */
export const amnesty = (community: string, what: { groups: number[]; before: number }) =>
  queryOptions({
    queryKey: ["amnesty", community, what],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/amnesty", { params: { ...inCommunity(community), query: what } }),
      ),
  });

export const giveAmnesty = (
  community: string,
  body: { groups: number[]; before: number; note?: string },
  key: string,
) =>
  answer(
    client.POST("/api/v1/communities/{community}/amnesty", {
      params: { ...inCommunity(community), header: once(key) },
      body,
    }),
  );

export const undoAmnesty = (community: string, seq: number, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/amnesty/{seq}/undo", {
      params: { path: { community, seq }, header: once(key) },
    }),
  );

export const writeNote = (community: string, person: number, text: string, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/notes", {
      params: { path: { community, person }, header: once(key) },
      body: { text },
    }),
  );

export const pointsOf = (community: string, person: number) =>
  queryOptions({
    queryKey: ["points", community, person],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/people/{person}/points", {
          params: { path: { community, person } },
        }),
      ),
  });

export const givePoints = (community: string, person: number, body: { amount: number; note: string }, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/points", {
      params: { path: { community, person }, header: once(key) },
      body,
    }),
  );

export const presets = (language: "zh-CN" | "en") =>
  queryOptions({
    queryKey: ["presets", language],
    queryFn: () => answer(client.GET("/api/v1/policies", { params: { query: { language } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The rules of a group, of a set of groups, or with neither the community's. */
export const policy = (community: string, { group, set }: Scope) =>
  queryOptions({
    queryKey: ["settings", community, "policy", group ?? 0, set ?? 0],
    queryFn: () =>
      answer(
        group
          ? client.GET("/api/v1/communities/{community}/groups/{group}/policy", {
              params: { path: { community, group } },
            })
          : set
            ? client.GET("/api/v1/communities/{community}/settings/sets/{set}/policy", {
                params: { path: { community, set } },
              })
            : client.GET("/api/v1/communities/{community}/policy", { params: inCommunity(community) }),
      ),
  });

/** What is wrong with rules, and what their conditions mean; saves nothing. */
export const checkPolicy = (community: string, policy: Policy) =>
  answer(
    client.POST("/api/v1/communities/{community}/policy/validate", {
      params: inCommunity(community),
      body: { policy },
    }),
  );

/** Gives up the rules of a group or a set: what is above holds again. */
export const dropPolicy = (community: string, scope: Scope, body: { policy: Policy; version: number }) =>
  keepPolicy(community, scope, { ...body, inherit: true });

export const keepPolicy = (
  community: string,
  { group, set }: Scope,
  body: { policy: Policy; version: number; inherit?: boolean },
) =>
  answer(
    group
      ? client.PUT("/api/v1/communities/{community}/groups/{group}/policy", {
          params: { path: { community, group } },
          body,
        })
      : set
        ? client.PUT("/api/v1/communities/{community}/settings/sets/{set}/policy", {
            params: { path: { community, set } },
            body,
          })
        : client.PUT("/api/v1/communities/{community}/policy", { params: inCommunity(community), body }),
  );

export const order = (community: string) =>
  queryOptions({
    queryKey: ["settings", community, "moderation"],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/moderation", { params: inCommunity(community) })),
  });

export const saveOrder = (community: string, body: Order) =>
  answer(client.PUT("/api/v1/communities/{community}/settings/moderation", { params: inCommunity(community), body }));

/** Keeping order in one group: its kill switch. */
export const groupOrder = (community: string, group: number) =>
  queryOptions({
    queryKey: ["settings", community, "moderation", group],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/groups/{group}/settings/moderation", {
          params: { path: { community, group } },
        }),
      ),
  });

export const saveGroupOrder = (community: string, group: number, body: Order) =>
  answer(
    client.PUT("/api/v1/communities/{community}/groups/{group}/settings/moderation", {
      params: { path: { community, group } },
      body,
    }),
  );

/** Whether the members' page is under an address. */
export const tryAddress = (community: string, address: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/settings/moderation/address", {
      params: inCommunity(community),
      body: { address },
    }),
  );

/** A link to a member's own page, for the member alone. */
export const makeLink = (community: string, person: number) =>
  answer(
    client.POST("/api/v1/communities/{community}/people/{person}/link", { params: { path: { community, person } } }),
  );

/** Whose word lists are meant, as a query says it. */
const whose = ({ group, set }: Scope) => ({ ...(group ? { group } : {}), ...(set ? { set } : {}) });

/** The word lists of the community, of a set or of a group, with those that these inherit. */
export const lexicons = (community: string, scope: Scope) =>
  queryOptions({
    queryKey: ["settings", community, "lexicons", whose(scope)],
    queryFn: async () =>
      (
        await answer(
          client.GET("/api/v1/communities/{community}/lexicons", {
            params: { ...inCommunity(community), query: whose(scope) },
          }),
        )
      ).lexicons,
  });

export const lexicon = (community: string, id: string, scope: Scope) =>
  queryOptions({
    // Not one of the settings, which are asked for again whenever one changes: this one is being edited, or was just deleted.
    queryKey: ["lexicon", community, id, whose(scope)],
    gcTime: 0,
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/lexicons/{lexicon}", {
          params: { path: { community, lexicon: id }, query: whose(scope) },
        }),
      ),
  });

export const saveLexicon = (community: string, body: Lexicon, scope: Scope) =>
  answer(
    client.PUT("/api/v1/communities/{community}/lexicons/{lexicon}", {
      params: { path: { community, lexicon: body.id }, query: whose(scope) },
      body,
    }),
  );

/** Reads the entries of a file, and saves nothing; the server names the lines that it cannot read. */
export const readLexicon = (community: string, body: { format: "txt" | "csv" | "xlsx"; file: string; name: string }) =>
  answer(
    client.POST("/api/v1/communities/{community}/lexicons/{lexicon}/import", {
      params: { path: { community, lexicon: "file" } },
      body: { ...body, version: 0, dry: true },
    }),
  );

export const wordHits = (community: string, id: string, scope: Scope) =>
  queryOptions({
    queryKey: ["hits", community, id, whose(scope)],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/lexicons/{lexicon}/hits", {
          params: { path: { community, lexicon: id }, query: whose(scope) },
        }),
      ),
  });

/** Reads a text by the words of a group; 0: by the community's. */
export const tryWords = (community: string, text: string, group: number) =>
  answer(client.POST("/api/v1/communities/{community}/try", { params: inCommunity(community), body: { text, group } }));

/** Hosts that may be linked and that may not, and what is long. */
export const detectors = (community: string, scope: Scope) =>
  queryOptions({
    queryKey: ["settings", community, "detectors", whose(scope)],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/settings/detectors", {
          params: { ...inCommunity(community), query: whose(scope) },
        }),
      ),
  });

export const saveDetectors = (community: string, body: Detectors, scope: Scope) =>
  answer(
    client.PUT("/api/v1/communities/{community}/settings/detectors", {
      params: { ...inCommunity(community), query: whose(scope) },
      body,
    }),
  );

export const lists = (community: string, list: "block" | "allow") =>
  infiniteQueryOptions({
    queryKey: ["lists", community, list],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/lists", {
          params: {
            ...inCommunity(community),
            query: { list, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });

export const addToList = (community: string, body: ListInput, key: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/lists", {
      params: { ...inCommunity(community), header: once(key) },
      body,
    }),
  );

export const takeOffList = (community: string, line: number) =>
  answer(client.DELETE("/api/v1/communities/{community}/lists/{line}", { params: { path: { community, line } } }));

export const startBacktest = (community: string, body: BacktestInput) =>
  answer(client.POST("/api/v1/communities/{community}/backtests", { params: inCommunity(community), body }));

/** A back-test, looked at until it is done. */
export const backtest = (community: string, id: number) =>
  queryOptions({
    queryKey: ["backtest", community, id],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/backtests/{backtest}", {
          params: { path: { community, backtest: id } },
        }),
      ),
    enabled: id > 0,
    refetchInterval: (q) => (q.state.data && q.state.data.state !== "running" ? false : 700),
  });

export const caseEntries = (community: string) =>
  infiniteQueryOptions({
    queryKey: ["casebook", community],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/casebook", {
          params: { ...inCommunity(community), query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
  });

export const verifyBook = (community: string) =>
  answer(client.POST("/api/v1/communities/{community}/casebook/verify", { params: inCommunity(community), body: {} }));

export const signCheckpoint = (community: string) =>
  answer(client.POST("/api/v1/communities/{community}/casebook/checkpoint", { params: inCommunity(community) }));
