import { answer, client } from "@qunying/api";
import type { Exports, ImportFolder, SavedExport } from "@qunying/api/model";
import { queryOptions } from "@tanstack/react-query";

// What the console asks about taking chats out; keys as in queries.ts.

/** The kinds of files, with how their names end. */
export const layouts = { csv: "csv", xlsx: "xlsx", "chatlab-jsonl": "jsonl" } as const;

export type Layout = keyof typeof layouts;

/** Which part of a saved export is taken. */
export type Way = "new" | "again" | "all";

export const exportsOf = (community: string) =>
  queryOptions({
    queryKey: ["exports", community],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/exports", { params: { path: { community } } })),
  });

export const saveExports = (community: string, list: SavedExport[], version: number): Promise<Exports> =>
  answer(
    client.PUT("/api/v1/communities/{community}/exports", {
      params: { path: { community } },
      body: { exports: list.map(({ name, layout, filter }) => ({ name, layout, filter })), version },
    }),
  );

/** Takes a part of a saved export and hands it to the browser as a file. */
export async function takeExport(community: string, saved: SavedExport, way: Way): Promise<void> {
  const file = (await answer(
    client.POST("/api/v1/communities/{community}/exports/{name}/take", {
      params: { path: { community, name: saved.name }, query: { way } },
      parseAs: "blob",
    }),
  )) as unknown as Blob;
  const at = new Date().toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "-");
  hand(file, `${saved.name}-${at}.${layouts[saved.layout]}`);
}

/** Hands a file to the browser under a name. */
export function hand(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser has begun to save it by then
}

/** What is exported: absent parts do not filter. */
export type ExportFilter = SavedExport["filter"];

/** The address of a file with what the filter lets through. */
export function exportUrl(community: string, layout: Layout, filter: ExportFilter): string {
  const query = new URLSearchParams({ layout });
  for (const g of filter.groups ?? []) query.append("group", String(g));
  for (const k of filter.kinds ?? []) query.append("kind", k);
  if (filter.from) query.set("from", filter.from);
  if (filter.to) query.set("to", filter.to);
  if (filter.person) query.set("person", String(filter.person));
  if (filter.text) query.set("q", filter.text);
  if (filter.content) query.set("content", filter.content);
  return `/api/v1/communities/${encodeURIComponent(community)}/export?${query}`;
}

export const importFolder = (community: string) =>
  queryOptions({
    queryKey: ["imports", community, "folder"],
    queryFn: () =>
      answer(client.GET("/api/v1/communities/{community}/settings/import-folder", { params: { path: { community } } })),
  });

export const saveImportFolder = (community: string, folder: ImportFolder, on: boolean): Promise<ImportFolder> =>
  answer(
    client.PUT("/api/v1/communities/{community}/settings/import-folder", {
      params: { path: { community } },
      body: { on, zone: folder.zone, version: folder.version },
    }),
  );
