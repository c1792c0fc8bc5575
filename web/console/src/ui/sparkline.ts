interface Box {
  width: number;
  height: number;
  count: number;
  top: number;
}

type Run = { from: number; to: number };

/**
 * The stretches to hatch, ends included: those of nulls, but for one at the end
 * that is no known gap; there the newest days have just not been told yet.
 */
export function gapRuns(values: (number | null)[], open: boolean): Run[] {
  const found = runs(values, (v) => v === null);
  const last = found.at(-1);
  return open && last && last.to === values.length - 1 && last.from > 0 ? found.slice(0, -1) : found;
}

function runs(values: (number | null)[], belongs: (v: number | null) => boolean): Run[] {
  const found: Run[] = [];
  values.forEach((v, i) => {
    if (!belongs(v)) return;
    const last = found.at(-1);
    if (last && last.to === i - 1) last.to = i;
    else found.push({ from: i, to: i });
  });
  return found;
}

function place(i: number, value: number, box: Box): [number, number] {
  const x = ((i + 0.5) / box.count) * box.width;
  const y = box.height - 2 - (value / box.top) * (box.height - 4);
  return [round(x), round(y)];
}

/** One path, and the area below it, per stretch of at least two known days. */
export function lines(values: (number | null)[], box: Box): { line: string; area: string }[] {
  return runs(values, (v) => v !== null)
    .filter(({ from, to }) => to > from)
    .map(({ from, to }) => {
      const points = values.slice(from, to + 1).map((v, i) => place(from + i, v ?? 0, box));
      const line = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x},${y}`).join("");
      const [first, last] = [points[0]!, points.at(-1)!];
      return { line, area: `${line}L${last[0]},${box.height}L${first[0]},${box.height}Z` };
    });
}

/** Known days that stand alone between gaps. */
export function dots(values: (number | null)[], box: Box): [number, number][] {
  return runs(values, (v) => v !== null)
    .filter(({ from, to }) => from === to)
    .map(({ from }) => place(from, values[from] ?? 0, box));
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
