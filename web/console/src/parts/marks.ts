export interface Piece {
  from: number;
  text: string;
  hit: boolean;
}

/** Cuts a text at its marks, given as UTF-16 offsets [from, to); marks that overlap are joined. */
export function pieces(text: string, marks: number[][]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [from = 0, to = 0] of [...marks].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
    const start = Math.max(at, from);
    const end = Math.min(to, text.length);
    if (end <= start) continue;
    if (start > at) found.push({ from: at, text: text.slice(at, start), hit: false });
    found.push({ from: start, text: text.slice(start, end), hit: true });
    at = end;
  }
  if (at < text.length) found.push({ from: at, text: text.slice(at), hit: false });
  return found;
}
