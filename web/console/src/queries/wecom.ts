import { answer, client } from "@qunying/api";
import type {
  ContactCodeInput,
  ContactWelcome,
  GreetingInput,
  JoinCodeInput,
  SeatPrices,
  WordRuleInput,
} from "@qunying/api/model";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

// What the console asks about what a corporation manages on WeCom; keys as in
// queries.ts: ["wecom", community, connection, what].

const at = "/api/v1/communities/{community}/connections/{connection}/wecom";
const key = (community: string, connection: string, ...what: unknown[]) =>
  ["wecom", community, connection, ...what] as const;
const path = (community: string, connection: string) => ({ path: { community, connection } });
const thing = (community: string, connection: string, id: string) => ({
  path: { community, connection, thing: id },
});
const keyed = (community: string, connection: string, once: string) => ({
  ...path(community, connection),
  header: { "Idempotency-Key": once },
});

export const ownedGroups = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "groups"),
    queryFn: async () => (await answer(client.GET(`${at}/groups`, { params: path(c, k) }))).groups,
  });

export const countedDays = (c: string, k: string, days: number) =>
  queryOptions({
    queryKey: key(c, k, "counts", days),
    queryFn: async () =>
      (await answer(client.GET(`${at}/counts`, { params: { ...path(c, k), query: { days } } }))).days,
  });

export const pendingSends = (c: string, k: string, days: number) =>
  queryOptions({
    queryKey: key(c, k, "sends", days),
    queryFn: async () =>
      (await answer(client.GET(`${at}/sends`, { params: { ...path(c, k), query: { days } } }))).sends,
  });

export const pendingSend = (c: string, k: string, send: string) =>
  queryOptions({
    queryKey: key(c, k, "send", send),
    queryFn: async () =>
      (await answer(client.GET(`${at}/sends/{send}`, { params: { path: { community: c, connection: k, send } } })))
        .send,
  });

export const greetings = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "greetings"),
    queryFn: async () => (await answer(client.GET(`${at}/greetings`, { params: path(c, k) }))).greetings,
  });

export const contactWelcome = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "welcome"),
    queryFn: async () => (await answer(client.GET(`${at}/contact-welcome`, { params: path(c, k) }))).welcome,
  });

export const joinCodes = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "codes"),
    queryFn: async () => (await answer(client.GET(`${at}/join-codes`, { params: path(c, k) }))).codes,
  });

export const joinCode = (c: string, k: string, id: string) =>
  queryOptions({
    queryKey: key(c, k, "code", id),
    queryFn: async () => (await answer(client.GET(`${at}/join-codes/{thing}`, { params: thing(c, k, id) }))).code,
  });

export const joinCodePicture = (c: string, k: string, id: string) =>
  `/api/v1/communities/${encodeURIComponent(c)}/connections/${k}/wecom/join-codes/${encodeURIComponent(id)}/picture`;

export const contactCodes = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "contacts"),
    queryFn: async () => (await answer(client.GET(`${at}/contact-codes`, { params: path(c, k) }))).codes,
  });

export const contactCodePicture = (c: string, k: string, id: string) =>
  `/api/v1/communities/${encodeURIComponent(c)}/connections/${k}/wecom/contact-codes/${encodeURIComponent(id)}/picture`;

export const corpTags = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "tags"),
    queryFn: async () => (await answer(client.GET(`${at}/tags`, { params: path(c, k) }))).groups,
  });

export const customers = (c: string, k: string, colleague: string) =>
  infiniteQueryOptions({
    queryKey: key(c, k, "customers", colleague),
    queryFn: ({ pageParam }) =>
      answer(
        client.GET(`${at}/customers`, {
          params: { ...path(c, k), query: { colleague, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    enabled: colleague !== "",
  });

export const wordRules = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "rules"),
    queryFn: async () => (await answer(client.GET(`${at}/word-rules`, { params: path(c, k) }))).rules,
  });

export const wordRule = (c: string, k: string, id: string) =>
  queryOptions({
    queryKey: key(c, k, "rule", id),
    queryFn: async () => (await answer(client.GET(`${at}/word-rules/{thing}`, { params: thing(c, k, id) }))).rule,
  });

export const seats = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "seats"),
    queryFn: () => answer(client.GET(`${at}/seats`, { params: path(c, k) })),
  });

export const consents = (c: string, k: string, group: number) =>
  queryOptions({
    queryKey: key(c, k, "consents", group),
    queryFn: async () =>
      (await answer(client.GET(`${at}/consents`, { params: { ...path(c, k), query: { group } } }))).members,
    enabled: group > 0,
  });

// What changes something.

export const handOver = (c: string, k: string, body: { groups: string[]; owner: string; resigned: boolean }) =>
  answer(client.POST(`${at}/handover`, { params: path(c, k), body }));

export const remindSend = (c: string, k: string, send: string) =>
  answer(client.POST(`${at}/sends/{send}/remind`, { params: { path: { community: c, connection: k, send } } }));

export const addGreeting = (c: string, k: string, once: string, body: GreetingInput) =>
  answer(client.POST(`${at}/greetings`, { params: keyed(c, k, once), body }));

export const changeGreeting = (c: string, k: string, id: string, body: GreetingInput) =>
  answer(client.PUT(`${at}/greetings/{thing}`, { params: thing(c, k, id), body }));

export const deleteGreeting = (c: string, k: string, id: string, version: number) =>
  answer(client.DELETE(`${at}/greetings/{thing}`, { params: { ...thing(c, k, id), query: { version } } }));

export const saveContactWelcome = (c: string, k: string, body: ContactWelcome) =>
  answer(client.PUT(`${at}/contact-welcome`, { params: path(c, k), body }));

export const addJoinCode = (c: string, k: string, once: string, body: JoinCodeInput) =>
  answer(client.POST(`${at}/join-codes`, { params: keyed(c, k, once), body }));

export const changeJoinCode = (c: string, k: string, id: string, body: JoinCodeInput) =>
  answer(client.PUT(`${at}/join-codes/{thing}`, { params: thing(c, k, id), body }));

export const deleteJoinCode = (c: string, k: string, id: string, version: number) =>
  answer(client.DELETE(`${at}/join-codes/{thing}`, { params: { ...thing(c, k, id), query: { version } } }));

export const addContactCode = (c: string, k: string, once: string, body: ContactCodeInput) =>
  answer(client.POST(`${at}/contact-codes`, { params: keyed(c, k, once), body }));

export const changeContactCode = (c: string, k: string, id: string, body: ContactCodeInput) =>
  answer(client.PUT(`${at}/contact-codes/{thing}`, { params: thing(c, k, id), body }));

export const deleteContactCode = (c: string, k: string, id: string, version: number) =>
  answer(client.DELETE(`${at}/contact-codes/{thing}`, { params: { ...thing(c, k, id), query: { version } } }));

export const addCorpTags = (c: string, k: string, body: { group: string; tags: string[] }) =>
  answer(client.POST(`${at}/tags`, { params: path(c, k), body }));

export const renameCorpTag = (c: string, k: string, id: string, name: string) =>
  answer(client.PUT(`${at}/tags/{thing}`, { params: thing(c, k, id), body: { name } }));

export const deleteCorpTags = (c: string, k: string, body: { tags?: string[]; groups?: string[] }) =>
  answer(client.POST(`${at}/tags/delete`, { params: path(c, k), body }));

export const markCustomer = (
  c: string,
  k: string,
  body: { colleague: string; customer: string; add: string[]; remove: string[] },
) => answer(client.POST(`${at}/customers/mark`, { params: path(c, k), body }));

export const addWordRule = (c: string, k: string, once: string, body: WordRuleInput) =>
  answer(client.POST(`${at}/word-rules`, { params: keyed(c, k, once), body }));

export const changeWordRule = (c: string, k: string, id: string, body: WordRuleInput) =>
  answer(client.PUT(`${at}/word-rules/{thing}`, { params: thing(c, k, id), body }));

export const deleteWordRule = (c: string, k: string, id: string) =>
  answer(client.DELETE(`${at}/word-rules/{thing}`, { params: thing(c, k, id) }));

export const exportWords = async (c: string, k: string, name: string, words: string[]) =>
  (await answer(client.POST(`${at}/word-export`, { params: path(c, k), body: { name, words } }))).export;

export const saveSeatPrices = (c: string, k: string, body: SeatPrices) =>
  answer(client.PUT(`${at}/seats/prices`, { params: path(c, k), body }));
