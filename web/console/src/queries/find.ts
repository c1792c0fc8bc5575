import { answer, client } from "@qunying/api";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

const few = 5;

/** A few groups, people and messages that a text leads to. */
export const find = (community: string, q: string) =>
  queryOptions({
    queryKey: ["find", community, q],
    queryFn: async () => {
      const path = { community };
      const [groups, people, messages] = await Promise.all([
        answer(
          client.GET("/api/v1/communities/{community}/groups", {
            params: { path, query: { q, sort: "name", limit: few, days: 1 } },
          }),
        ),
        answer(client.GET("/api/v1/communities/{community}/people", { params: { path, query: { q, limit: few } } })),
        answer(client.GET("/api/v1/communities/{community}/messages", { params: { path, query: { q, limit: few } } })),
      ]);
      return {
        groups: groups.groups.map((g) => ({ id: g.id, name: g.name })),
        people: people.people.map((p) => ({ person: p.id, name: p.name, note: p.some.join("、") })),
        messages: messages.messages.map((m) => ({ seq: m.seq, text: m.text, where: m.group_name })),
      };
    },
    placeholderData: keepPreviousData,
  });
