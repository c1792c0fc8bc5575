import { follow, type Stale } from "@qunying/api/live";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { eventsUrl } from "../queries.ts";

/** Marks what the server says is out of date, so that what is on the screen is asked for again. */
export function invalidate(client: QueryClient, stale: Stale): void {
  if (stale.all) {
    void client.invalidateQueries({
      predicate: (q) => !["session", "metrics", "communities"].includes(first(q.queryKey)),
    });
    return;
  }
  const { what } = stale;
  if (what.has("numbers") || what.has("stream") || what.has("settings")) {
    void client.invalidateQueries({ predicate: (q) => first(q.queryKey) === "group" && concerns(q.queryKey, stale) });
  }
  if (what.has("numbers")) {
    void client.invalidateQueries({ queryKey: ["groups"] });
    // Questions of one's own may be long work: they are asked again by themselves, some time later.
    void client.invalidateQueries({ queryKey: ["explore"], refetchType: "none" });
  }
  if (what.has("stream") || what.has("people")) void client.invalidateQueries({ queryKey: ["messages"] });
  for (const part of ["person", "people"]) {
    if (what.has("people")) void client.invalidateQueries({ queryKey: [part] });
  }
  if (what.has("imports")) void client.invalidateQueries({ queryKey: ["imports"] });
  for (const part of ["outbox", "connections", "tasks", "alerts"]) {
    if (what.has(part)) void client.invalidateQueries({ queryKey: [part] });
  }
  if (["outbox", "connections", "tasks", "alerts", "settings"].some((part) => what.has(part))) {
    void client.invalidateQueries({ queryKey: ["attention"] });
  }
  if (["outbox", "tasks", "alerts", "reviews"].some((part) => what.has(part))) {
    void client.invalidateQueries({ queryKey: ["today"] });
  }
  // What groups can do depends on their connection.
  if (what.has("connections")) void client.invalidateQueries({ queryKey: ["capabilities"] });
  if (what.has("settings")) void client.invalidateQueries({ queryKey: ["settings"] });
  if (what.has("reviews")) void client.invalidateQueries({ queryKey: ["reviews"] });
  // What was said around a card's message is written a moment after the card.
  else if (what.has("stream")) {
    void client.invalidateQueries({
      predicate: ({ queryKey }) => first(queryKey) === "reviews" && queryKey[2] === "one",
    });
  }
}

/** Whether an answer about a group, and which part of it, is among what is stale. */
function concerns(key: readonly unknown[], { groups, what }: Stale): boolean {
  const [, g, part] = key;
  if (groups.size > 0 && !groups.has(g as number)) return false;
  if (part === "stream") return what.has("stream");
  if (part === "head") return true;
  return what.has("numbers");
}

function first(key: readonly unknown[]): string {
  return String(key[0]);
}

/** Keeps the answers on the screen up to date, from those on that came after the position. */
export function useLive(community: string, position: string): void {
  const client = useQueryClient();
  useEffect(
    () => follow(eventsUrl(community, position), (stale) => invalidate(client, stale)),
    [client, community, position],
  );
}
