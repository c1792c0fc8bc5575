import createClient from "openapi-fetch";
import { Problem, problemOf } from "./problem.ts";
import type { paths } from "./schema.gen.ts";

/** The API as openapi.json describes it. Wrap a call in answer(). */
export const client = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "http://localhost" });

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a call. Throws a Problem where there is none. */
export async function answer<T>(call: Promise<Reply<T>>): Promise<T> {
  let reply: Reply<T>;
  try {
    reply = await call;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw new Problem("offline", "");
  }
  if (!reply.response.ok) throw problemOf(reply.response.status, reply.error);
  return reply.data as T;
}
