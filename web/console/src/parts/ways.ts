import type { Words } from "../words/useWords.ts";

/** The ways to come and go that have words; platforms may tell others, which are shown as they are. */
const known = [
  "qrcode",
  "invite",
  "link",
  "search",
  "card",
  "group",
  "approve",
  "direct",
  "code",
  "quit",
  "leave",
  "removed",
  "kick",
  "kick_me",
] as const;

/** How somebody came or went, in words. */
export function wayText({ t }: Words, way: string): string {
  const is = known.find((k) => k === way);
  return is ? t(`way.${is}`) : way;
}
