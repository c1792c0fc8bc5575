import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { invalidate } from "./live.ts";

function told(groups: number[], what: string[], all = false): string[] {
  const client = new QueryClient();
  const keys = [
    ["session"],
    ["metrics"],
    ["groups", "default", {}],
    ["group", 1, "numbers", {}],
    ["group", 1, "stream", 30],
    ["group", 2, "numbers", {}],
    ["people", "default", "past", 7],
    ["imports", "default"],
    ["outbox", "default", 1],
    ["tasks", "default"],
    ["connections", "default"],
    ["capabilities", "default"],
    ["settings", "default", "delivery"],
    ["attention", "default"],
    ["reviews", "default", "one", 3],
    ["reviews", "default", "list", {}],
    ["explore", "default", "query", {}],
  ];
  for (const key of keys) client.setQueryData(key, 1);
  invalidate(client, { groups: new Set(groups), what: new Set(what), all });
  return client
    .getQueryCache()
    .getAll()
    .filter((q) => q.state.isInvalidated)
    .map((q) =>
      q.queryKey
        .slice(0, 3)
        .filter((k) => typeof k !== "object")
        .join(" "),
    );
}

it("asks again only for what became stale", () => {
  // The card on the screen shows what was said around its message.
  expect(told([1], ["stream"])).toEqual(["group 1 stream", "reviews default one"]);
  expect(told([1], ["reviews"])).toEqual(["reviews default one", "reviews default list"]);
  expect(told([1], ["numbers"])).toEqual(["groups default", "group 1 numbers", "explore default query"]);
  expect(told([], ["people"])).toEqual(["people default past"]);
  expect(told([], ["imports"])).toEqual(["imports default"]);
  expect(told([1], ["outbox"])).toEqual(["outbox default 1", "attention default"]);
  expect(told([], ["tasks"])).toEqual(["tasks default", "attention default"]);
  expect(told([], ["connections"])).toEqual(["connections default", "capabilities default", "attention default"]);
  expect(told([9], ["settings"])).toEqual(["settings default delivery", "attention default"]);
});

it("asks again for everything but what never changes after the line was down", () => {
  expect(told([], [], true)).toEqual([
    "groups default",
    "group 1 numbers",
    "group 1 stream",
    "group 2 numbers",
    "people default past",
    "imports default",
    "outbox default 1",
    "tasks default",
    "connections default",
    "capabilities default",
    "settings default delivery",
    "attention default",
    "reviews default one",
    "reviews default list",
    "explore default query",
  ]);
});
