import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { session } from "../queries.ts";

/** Where the signed-in person works, who they are and what they may. */
export function useHere() {
  const { community, zone, position } = useRouteContext({ from: "/inside" });
  const { data } = useQuery(session);
  const may = (permission: string) => data?.staff?.may?.includes(permission as never) ?? false;
  return { community, zone, position, session: data, staff: data?.staff, may };
}
