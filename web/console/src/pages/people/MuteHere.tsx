import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { group } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { canDo } from "../group/MessageMenu.tsx";

const ActionSheet = lazy(() => import("../group/ActionSheet.tsx"));

interface Props {
  group: number;
  member: { id: number; name: string };
  onClose: () => void;
}

/** Mutes somebody in one of their groups, as it is done from one of their messages. */
export function MuteHere({ group: g, member, onClose }: Props) {
  const { community } = useHere();
  const { data: head } = useQuery(group(community, g));
  return head ? (
    <Suspense fallback={null}>
      <ActionSheet
        group={head.group}
        asking={{ kind: "mute", member }}
        can={canDo(head.capabilities, "mute")}
        onClose={onClose}
      />
    </Suspense>
  ) : null;
}
