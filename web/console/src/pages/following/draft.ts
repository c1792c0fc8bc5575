import type { MenuButton } from "@qunying/api/model";

/** What an entry of a menu does. */
export type Does = "page" | "program" | "opens" | "other";

/** An entry while it is edited; `id` tells it from its neighbours on the screen. */
export interface Entry {
  id: number;
  does: Does;
  name: string;
  url: string;
  appid: string;
  path: string;
  /** What else the platform keeps about it, unchanged. */
  kept: MenuButton | undefined;
  below: Entry[];
}

export const mostEntries = 3; // WeChat's
export const mostBelow = 5;
const widest = { top: 8, below: 16 } as const; // in half characters: 4 and 8 Chinese ones

let last = 0;

/** An entry about which nothing is typed yet. */
export function fresh(does: Does = "page"): Entry {
  last += 1;
  return { id: last, does, name: "", url: "", appid: "", path: "", kept: undefined, below: [] };
}

/** Entries as they are edited, of a menu as the platform has it. */
export function entriesOf(buttons: readonly MenuButton[]): Entry[] {
  return buttons.map((b) => ({
    ...fresh(doesOf(b)),
    name: b.name,
    url: b.url ?? "",
    appid: b.appid ?? "",
    path: b.pagepath ?? "",
    kept: b,
    below: entriesOf(b.sub_button ?? []),
  }));
}

function doesOf(b: MenuButton): Does {
  if (b.sub_button?.length) return "opens";
  if (b.type === "view") return "page";
  return b.type === "miniprogram" ? "program" : "other";
}

/** The menu that entries stand for. */
export function buttonsOf(entries: readonly Entry[]): MenuButton[] {
  return entries.map((e) => {
    const name = e.name.trim();
    switch (e.does) {
      case "opens":
        return { name, sub_button: buttonsOf(e.below) };
      case "page":
        return { name, type: "view", url: e.url.trim() };
      case "program":
        // Clients that are too old for mini programs open the page.
        return { name, type: "miniprogram", appid: e.appid.trim(), pagepath: e.path.trim(), url: e.url.trim() };
      default:
        return { ...e.kept, name };
    }
  });
}

/** How wide a name is, in half characters. */
export function widthOf(name: string): number {
  return [...name.trim()].reduce((n, c) => n + ((c.codePointAt(0) ?? 0) > 0xff ? 2 : 1), 0);
}

export type Wrong = "name" | "long" | "url" | "program" | "empty";

/** What is wrong with an entry; undefined where nothing is. What is below it is looked at by itself. */
export function wrongWith(e: Entry, level: keyof typeof widest): Wrong | undefined {
  if (!e.name.trim()) return "name";
  if (widthOf(e.name) > widest[level]) return "long";
  if (e.does === "opens") return e.below.length === 0 ? "empty" : undefined;
  if (e.does === "other") return undefined;
  if (!/^https?:\/\/\S+$/.test(e.url.trim())) return "url";
  return e.does === "program" && !(e.appid.trim() && e.path.trim()) ? "program" : undefined;
}

/** Whether a menu can be saved as it is. */
export function fine(entries: readonly Entry[]): boolean {
  return entries.every(
    (e) => !wrongWith(e, "top") && e.below.every((b) => e.does !== "opens" || !wrongWith(b, "below")),
  );
}
