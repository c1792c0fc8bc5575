import { answer, client } from "@qunying/api";
import type { ChangeSceneCode, MenuButton, SceneCodeInput } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about accounts that people follow; keys as in queries.ts:
// ["following", community, connection, what].

const at = "/api/v1/communities/{community}/connections/{connection}/following";
const key = (community: string, connection: string, what: string) =>
  ["following", community, connection, what] as const;
const path = (community: string, connection: string) => ({ path: { community, connection } });
const thing = (community: string, connection: string, id: string) => ({
  path: { community, connection, thing: id },
});

export const sceneCodes = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "codes"),
    queryFn: async () => (await answer(client.GET(`${at}/codes`, { params: path(c, k) }))).codes,
  });

export const menu = (c: string, k: string) =>
  queryOptions({
    queryKey: key(c, k, "menu"),
    queryFn: () => answer(client.GET(`${at}/menu`, { params: path(c, k) })),
  });

// What changes something.

export const addSceneCode = (c: string, k: string, once: string, body: SceneCodeInput) =>
  answer(client.POST(`${at}/codes`, { params: { ...path(c, k), header: { "Idempotency-Key": once } }, body }));

export const changeSceneCode = (c: string, k: string, id: string, body: ChangeSceneCode) =>
  answer(client.PUT(`${at}/codes/{thing}`, { params: thing(c, k, id), body }));

export const forgetSceneCode = (c: string, k: string, id: string, version: number) =>
  answer(client.DELETE(`${at}/codes/{thing}`, { params: { ...thing(c, k, id), query: { version } } }));

export const saveMenu = (c: string, k: string, buttons: MenuButton[], mark: string) =>
  answer(client.PUT(`${at}/menu`, { params: path(c, k), body: { buttons, mark } }));
