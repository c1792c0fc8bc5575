import { answer, client } from "@qunying/api";
import type { GroupEditInput } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// Settings of many groups, changed at once; keys as in queries.ts.

const edits = "/api/v1/communities/{community}/group-edits";

/** What an edit would do; changes nothing. */
export const previewEdit = (community: string, body: GroupEditInput) =>
  answer(client.POST(`${edits}/preview`, { params: { path: { community } }, body }));

export const editGroups = (community: string, body: GroupEditInput) =>
  answer(client.POST(edits, { params: { path: { community } }, body }));

export const groupEdits = (community: string) =>
  queryOptions({
    queryKey: ["settings", "edits", community],
    queryFn: async () => (await answer(client.GET(edits, { params: { path: { community } } }))).edits,
  });

export const undoEdit = (community: string, edit: number) =>
  answer(client.POST(`${edits}/{edit}/undo`, { params: { path: { community, edit } } }));

/** How long an edit can be taken back, in hours. */
export const editUndoHours = 24;
