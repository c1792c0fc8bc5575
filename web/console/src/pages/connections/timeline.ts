import type { ConnectionHealth } from "@qunying/api/model";

export type State = ConnectionHealth["health"]["state"];

/** A connection was in a state from … to …, milliseconds; unknown: nobody noted it. */
export interface Stretch {
  from: number;
  to: number;
  state: State | "unknown";
}

export const day = 86_400_000; // milliseconds

/** Where the drawing begins: 30 days ago, or when a younger connection was first noted, an hour at least. */
export function beginning({ timeline, health }: ConnectionHealth, now: number): number {
  const first = timeline.at(-1)?.at ?? health.since;
  return Math.max(now - 30 * day, Math.min(first, now - day / 24));
}

/** How a connection was between two times, without holes. */
export function stretches({ timeline, health }: ConnectionHealth, from: number, now: number): Stretch[] {
  const marks = [...timeline].reverse();
  if (marks.length === 0 && health.since > 0) marks.push({ at: health.since, state: health.state });
  const list: Stretch[] = [];
  const add = (a: number, b: number, state: Stretch["state"]) => {
    const start = Math.max(a, from);
    const end = Math.min(b, now);
    if (end <= start) return;
    const last = list.at(-1);
    if (last?.state === state && last.to === start) last.to = end;
    else list.push({ from: start, to: end, state });
  };
  add(from, marks[0]?.at ?? now, "unknown");
  for (const [i, m] of marks.entries()) add(m.at, marks[i + 1]?.at ?? now, m.state);
  return list;
}

/** Stretches of which events may be missing, oldest first, overlaps joined. */
export function missed({ timeline }: ConnectionHealth, from: number): { from: number; to: number }[] {
  const list: { from: number; to: number }[] = [];
  for (const m of [...timeline].reverse()) {
    if (!m.missed_from || m.at <= from || m.missed_from >= m.at) continue;
    const start = Math.max(m.missed_from, from);
    const last = list.at(-1);
    if (last && start <= last.to) last.to = Math.max(last.to, m.at);
    else list.push({ from: start, to: m.at });
  }
  return list;
}

/** The share of the known time that it was online, or undefined where nothing is known. */
export function onlineShare(list: Stretch[]): number | undefined {
  const known = list.filter((s) => s.state !== "unknown");
  const sum = (l: Stretch[]) => l.reduce((n, s) => n + s.to - s.from, 0);
  const all = sum(known);
  return all > 0 ? sum(known.filter((s) => s.state === "online")) / all : undefined;
}
