import { answer, client } from "@qunying/api";
import type { Whose } from "@qunying/api/model";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

/** What needs people now; without whose, theirs where they keep any group. */
export const today = (community: string, query: { whose?: Whose; all?: boolean }) =>
  queryOptions({
    queryKey: ["today", community, query],
    queryFn: () =>
      answer(
        client.GET("/api/v1/communities/{community}/today", {
          params: { path: { community }, query },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000, // milliseconds
  });
