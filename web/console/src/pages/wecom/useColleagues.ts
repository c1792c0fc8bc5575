import { useQuery } from "@tanstack/react-query";
import { ownedGroups } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";

/** The platform's IDs of colleagues that are known because they own groups, as options to choose from. */
export function useColleagues(name: string): { value: string; label: string }[] {
  const { community } = useHere();
  const { data } = useQuery(ownedGroups(community, name));
  const owners = new Set((data ?? []).map((g) => g.owner).filter(Boolean));
  return [...owners].sort().map((o) => ({ value: o, label: o }));
}
