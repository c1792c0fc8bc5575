/** A piece of a text, with what was found there; without, it is plain. */
export interface Piece {
  text: string;
  why?: string;
}

interface Place {
  start: number;
  end: number;
  why: string;
}

/** Cuts a text at places that are given in bytes of UTF-8. Places that overlap are shown as one; those that are nowhere are left out. */
export function cut(text: string, places: readonly Place[]): Piece[] {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const piece = (from: number, to: number) => decoder.decode(bytes.subarray(from, to));
  const sorted = places
    .filter((p) => p.end > p.start && p.start >= 0 && p.end <= bytes.length)
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  const joined: Place[] = [];
  for (const p of sorted) {
    const last = joined.at(-1);
    if (last && p.start < last.end) {
      last.end = Math.max(last.end, p.end);
      if (!last.why.split(" · ").includes(p.why)) last.why += ` · ${p.why}`;
    } else joined.push({ ...p });
  }
  const out: Piece[] = [];
  let at = 0;
  for (const p of joined) {
    if (p.start > at) out.push({ text: piece(at, p.start) });
    out.push({ text: piece(p.start, p.end), why: p.why });
    at = p.end;
  }
  if (at < bytes.length) out.push({ text: piece(at, bytes.length) });
  return out;
}
